"""Packets in, TCP segments out."""
