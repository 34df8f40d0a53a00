"""Byte streams in, opening handshakes out."""
