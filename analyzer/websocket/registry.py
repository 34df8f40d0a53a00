"""The protocol's numbers, by the names of their registries."""

from __future__ import annotations

from enum import Enum, IntEnum


class Framing(Enum):
    """How frames are written on the wire, chosen by the opening handshake.

    The value is the word in records and tables. hixie-76 is hybi-00; hybi-07 to RFC 6455 are one
    wire format, `RFC_6455`, and the handshake's version tells which rules it was spoken by.
    """

    HIXIE_75 = "hixie-75"
    HIXIE_76 = "hixie-76"
    HYBI_01 = "hybi-01"
    HYBI_02 = "hybi-02"
    HYBI_03 = "hybi-03"
    HYBI_04 = "hybi-04"
    HYBI_05 = "hybi-05"
    HYBI_06 = "hybi-06"
    RFC_6455 = "rfc6455"

    def __init__(self, word: str) -> None:
        self.is_hixie = word.startswith("hixie")
        """Whether frames are delimited by type bytes and 0xFF, without opcodes."""

    # Members are one of a kind. Enum's own hash, and `value`, take a call of Python each.
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return self._value_


class Opcode(IntEnum):
    """RFC 6455, section 11.8; older framings are translated to these."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class CloseCode(IntEnum):
    """WebSocket Close Code Number Registry, RFC 6455, section 11.7, and what IANA added since."""

    NORMAL_CLOSURE = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS_RCVD = 1005
    ABNORMAL_CLOSURE = 1006
    INVALID_FRAME_PAYLOAD_DATA = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXT = 1010
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014
    TLS_HANDSHAKE = 1015
    UNAUTHORIZED = 3000
    FORBIDDEN = 3003
    TIMEOUT = 3008


CLOSE_CODE_TITLES = {
    CloseCode.NORMAL_CLOSURE: "Normal Closure",
    CloseCode.GOING_AWAY: "Going Away",
    CloseCode.PROTOCOL_ERROR: "Protocol Error",
    CloseCode.UNSUPPORTED_DATA: "Unsupported Data",
    CloseCode.NO_STATUS_RCVD: "No Status Rcvd",
    CloseCode.ABNORMAL_CLOSURE: "Abnormal Closure",
    CloseCode.INVALID_FRAME_PAYLOAD_DATA: "Invalid frame payload data",
    CloseCode.POLICY_VIOLATION: "Policy Violation",
    CloseCode.MESSAGE_TOO_BIG: "Message Too Big",
    CloseCode.MANDATORY_EXT: "Mandatory Ext.",
    CloseCode.INTERNAL_ERROR: "Internal Error",
    CloseCode.SERVICE_RESTART: "Service Restart",
    CloseCode.TRY_AGAIN_LATER: "Try Again Later",
    CloseCode.BAD_GATEWAY: "Bad Gateway",
    CloseCode.TLS_HANDSHAKE: "TLS handshake",
    CloseCode.UNAUTHORIZED: "Unauthorized",
    CloseCode.FORBIDDEN: "Forbidden",
    CloseCode.TIMEOUT: "Timeout",
}
"""The registry's "meaning" column."""

_TITLES = {int(code): title for code, title in CLOSE_CODE_TITLES.items()}

NEVER_ON_THE_WIRE = frozenset({1004, 1005, 1006, 1015})
"""RFC 6455, section 7.4.1: "MUST NOT be set as a status code in a Close control frame"."""

# What an endpoint says when it fails the connection (RFC 6455, section 7.1.7).
FAILURE_CODES = frozenset({1002, 1003, 1007, 1009, 1010})


def close_code_title(code: int) -> str:
    """Return what a close code means, empty where nobody defined it.

    Examples
    --------
    >>> close_code_title(1001)
    'Going Away'
    >>> close_code_title(4321)
    'private use'
    """
    title = _TITLES.get(code)
    if title is not None:
        return title
    if 3000 <= code <= 3999:
        return "registered range"
    if 4000 <= code <= 4999:
        return "private use"
    return ""


def is_legal_close_code(code: int) -> bool:
    """Whether a Close frame may carry a code (RFC 6455, section 7.4, and the IANA registry)."""
    if code in NEVER_ON_THE_WIRE:
        return False
    return 1000 <= code <= 1014 or 3000 <= code <= 4999
