"""Byte streams in, WebSocket frames out, in every framing that was ever spoken."""
