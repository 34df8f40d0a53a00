"""The head of an HTTP/1.x message: start line and fields (RFC 9112, sections 2 to 5)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_HEAD = 65536
METHOD_BYTES = frozenset(
    b"!#$%&'*+-.^_`|~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)
LONGEST_METHOD = 24
COMMON_BEGINNINGS = (
    b"HTTP/1.",
    *(b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"CONNECT "),
)


@dataclass(slots=True)
class Head:
    """A message's head, and where it passed.

    Attributes
    ----------
    start_line : str
        As sent, bytes beyond ASCII as Latin-1.
    fields : list of (str, str)
        Names in lower case, values without surrounding white space, in the order sent.
    first_at, at : int
        When its first and its last byte passed, nanoseconds since the epoch.
    first_packet, packet : int
        The packets that brought them.
    cut : bool
        The capture lacks a part of it; what is not there may have been sent.
    challenge : bytes
        What stands behind the fields in hixie-76 and belongs to the handshake: 8 bytes of the
        client, 16 of the server.
    """

    start_line: str
    fields: list[tuple[str, str]]
    first_at: int = 0
    at: int = 0
    first_packet: int = 0
    packet: int = 0
    cut: bool = False
    challenge: bytes = b""

    def get(self, name: str) -> str | None:
        """Return the values of a field, joined by commas (RFC 9110, section 5.3)."""
        values = [value for key, value in self.fields if key == name]
        return ", ".join(values) if values else None

    def has_token(self, name: str, token: str) -> bool:
        """Whether a field lists a token, in whatever case."""
        value = self.get(name) or ""
        return token in (part.strip().lower() for part in value.split(","))

    @property
    def is_response(self) -> bool:
        """Whether the start line is a status line."""
        return self.start_line.startswith("HTTP/")

    @property
    def status(self) -> int | None:
        """The status code; None in a request or a line that has none."""
        parts = self.start_line.split(None, 2)
        if self.is_response and len(parts) > 1 and len(parts[1]) == 3 and parts[1].isdecimal():
            return int(parts[1])
        return None

    @property
    def method(self) -> str:
        """The method of a request."""
        return self.start_line.split(" ", 1)[0]

    @property
    def target(self) -> str:
        """The target of a request, as sent."""
        parts = self.start_line.split(" ")
        return parts[1] if len(parts) > 1 else ""


def parse_head(data: bytes) -> Head:
    r"""Read a head, from its start line to the empty line.

    Never fails: a line without a colon is a field without a name, and is dropped.

    Examples
    --------
    >>> parse_head(b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n").fields
    [('host', 'a')]
    """
    lines = data.decode("latin-1").replace("\r\n", "\n").split("\n")
    fields: list[tuple[str, str]] = []
    for line in lines[1:]:
        if line[:1] in {" ", "\t"} and fields:  # obs-fold, RFC 9112 section 5.2
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}".strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip().lower(), value.strip()))
    return Head(lines[0], fields)


def parse_cut_head(data: bytes) -> Head | None:
    """Read what there is of a head that the capture does not hold as a whole.

    Returns
    -------
    Head or None
        Of a response the status must be there; of a request the method, and the target is empty
        where it may go on.
    """
    line, newline, _ = data.partition(b"\n")
    words = line.split(b" ")
    if line[:7] == b"HTTP/1.":
        if not newline and len(line) < 13:
            return None
    elif not newline and len(words) < 3:
        line = words[0] if len(words) == 2 else b""
    if not line:
        return None
    # The last line may stop anywhere, and half a value would be a false one.
    head = parse_head(data[: data.rfind(b"\n") + 1] or line)
    head.cut = True
    return head


def head_length(data: bytes | bytearray, known: int = 0) -> int:
    """Return the length of the head at the front of `data`, 0 while it is not whole.

    Lines may end in LF alone (RFC 9112, section 2.2). The first `known` bytes were looked at.
    """
    start = max(known - 2, 0)  # an end may begin in what was looked at
    ends = [end for mark in (b"\n\r\n", b"\n\n") if (end := _end(data, mark, start))]
    return min(ends, default=0)


def _end(data: bytes | bytearray, mark: bytes, start: int) -> int:
    found = data.find(mark, start)
    return found + len(mark) if found >= 0 else 0


def looks_like_head(data: bytes | bytearray) -> bool | None:
    """Whether bytes begin an HTTP/1.x message; None while there are too few to tell."""
    if data[:7] == b"HTTP/1."[: len(data)]:
        return True if len(data) >= 7 else None
    space = data.find(b" ", 0, LONGEST_METHOD)
    method = data[: space if space >= 0 else LONGEST_METHOD]
    if not method or any(byte not in METHOD_BYTES for byte in method):
        return False
    if space < 0:
        return None if len(data) < LONGEST_METHOD else False
    newline = data.find(b"\n")
    if newline >= 0:
        return data.find(b" HTTP/1.", 0, newline) >= 0
    # Until the line is whole its target must at least be one.
    return None if len(data) <= space + 1 or data[space + 1] > 0x20 else False


def may_begin_message(data: bytes) -> bool:
    """Whether a message begins here, as far as can be told amid bytes of any kind.

    While `looks_like_head` cannot tell, only the common methods count: any word would do.
    """
    looks = looks_like_head(data)
    if looks is None:
        return any(data[: len(one)] == one[: len(data)] for one in COMMON_BEGINNINGS)
    return looks


def body_framing(head: Head, request_method: str) -> tuple[str, int]:
    """Tell how a message's body is delimited (RFC 9112, section 6.3).

    Returns
    -------
    (str, int)
        ``none``, ``length`` with the number of bytes, ``chunked``, or ``close``.
    """
    status = head.status
    if head.is_response:
        bodiless = status is None or status < 200 or status in {204, 304}
        tunnel = request_method == "CONNECT" and status is not None and status < 300
        if bodiless or tunnel or request_method == "HEAD":
            return "none", 0
    if head.has_token("transfer-encoding", "chunked"):
        return "chunked", 0
    if head.is_response and head.get("transfer-encoding") not in {None, "identity"}:
        return "close", 0
    length = (head.get("content-length") or "").split(",")[0].strip()
    if length.isdecimal() and len(length) < 19:
        return ("length", int(length)) if int(length) else ("none", 0)
    return ("close", 0) if head.is_response else ("none", 0)
