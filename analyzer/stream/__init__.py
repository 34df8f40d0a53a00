"""Segments in, two byte streams per TCP stream out."""
