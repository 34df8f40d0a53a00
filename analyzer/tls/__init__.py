"""TLS: two byte streams in; with their keys, two byte streams of plaintext out."""
