"""HTTP/2 on a byte stream, watched for WebSockets (RFC 9113, RFC 8441)."""
