"""Capture files in, packets out."""
