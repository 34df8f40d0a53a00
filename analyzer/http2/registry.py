"""The numbers of HTTP/2, with the names of their registry (RFC 9113, sections 6, 7 and 11)."""

from __future__ import annotations

from enum import IntEnum

# RFC 9113, section 3.4; its first line makes it a head that no HTTP/1.1 server can take for one.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PREFACE_LINE = "PRI * HTTP/2.0"

# Frame types.
DATA = 0
HEADERS = 1
RST_STREAM = 3
SETTINGS = 4
PUSH_PROMISE = 5
GOAWAY = 7
WINDOW_UPDATE = 8
CONTINUATION = 9

# Flags.
END_STREAM = 0x1
ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8

# Settings.
INITIAL_WINDOW_SIZE = 4
MAX_FRAME_SIZE = 5
ENABLE_CONNECT_PROTOCOL = 8  # RFC 8441, section 3

# RFC 9113, sections 6.5.2 and 6.9.2: before anything else is said.
DEFAULT_WINDOW = 65535
DEFAULT_FRAME_SIZE = 16384


class ErrorCode(IntEnum):
    """RFC 9113, section 7."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


def error_name(code: int) -> str:
    """Return the name of an error code, or its number where it has none.

    Examples
    --------
    >>> error_name(8), error_name(99)
    ('CANCEL', 'error 99')
    """
    try:
        return ErrorCode(code).name
    except ValueError:
        return f"error {code}"
