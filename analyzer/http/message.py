"""The head of an HTTP/1.x message: start line and fields (RFC 9112, sections 2 to 5)."""

from __future__ import annotations

from functools import lru_cache
from sys import intern

MAX_HEAD = 65536
METHOD_BYTES = b"!#$%&'*+-.^_`|~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
LONGEST_METHOD = 24
COMMON_BEGINNINGS = (
    b"HTTP/1.",
    *(b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ", b"CONNECT "),
)


class Head:
    """A message's head, and where it passed.

    Its fields are taken apart when one is asked for that may be there: of most messages on a
    network no more is asked than whether they have something to do with WebSocket.

    Parameters
    ----------
    start_line : str
        As sent, bytes beyond ASCII as Latin-1.
    rest : str
        What follows it, to the end of the head.

    Attributes
    ----------
    start_line : str
        As sent, bytes beyond ASCII as Latin-1.
    first_at, at : int
        When its first and its last byte passed, nanoseconds since the epoch.
    first_packet, packet : int
        The packets that brought them.
    cut : bool
        The capture lacks a part of it; what is not there may have been sent.
    challenge : bytes
        What stands behind the fields in hixie-76 and belongs to the handshake: 8 bytes of the
        client, 16 of the server.
    is_response : bool
        The start line is a status line.
    status : int or None
        The status code; None in a request or a line that has none.
    """

    def __init__(self, start_line: str, rest: str = "") -> None:
        self.start_line = start_line
        self.first_at = 0
        self.at = 0
        self.first_packet = 0
        self.packet = 0
        self.cut = False
        self.challenge = b""
        self.is_response = start_line.startswith("HTTP/")
        self.status = status_of(start_line) if self.is_response else None
        self._rest = rest
        self._lower = rest.lower()
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Return the values of a field, joined by commas (RFC 9110, section 5.3)."""
        if self._lower:
            if name not in self._lower:
                return None
            self._take_apart()
        return self._values.get(name)

    def has_token(self, name: str, token: str) -> bool:
        """Whether a field lists a token, in whatever case."""
        value = self.get(name)
        if value is None:
            return False
        value = value.lower()
        if value == token:
            return True
        return token in [part.strip() for part in value.split(",")]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names in lower case, in the order sent, each with what `get` gives for it."""
        self._take_apart()
        return list(self._values.items())

    def _take_apart(self) -> None:
        if self._lower:
            self._values = values_of(self._rest)
            self._rest = self._lower = ""

    @property
    def method(self) -> str:
        """The method of a request."""
        return self.start_line.partition(" ")[0]

    @property
    def target(self) -> str:
        """The target of a request, as sent."""
        parts = self.start_line.split(" ", 2)
        return parts[1] if len(parts) > 1 else ""


def status_of(start_line: str) -> int | None:
    """Return the status code of a status line; None where it has none."""
    parts = start_line.split(None, 2)
    if len(parts) > 1 and len(parts[1]) == 3 and parts[1].isdecimal():
        return int(parts[1])
    return None


@lru_cache(1024)
def _name(written: str) -> str:
    """Return the name of a field; one object for all heads that have it."""
    return intern(written.lower())


def parse_head(data: bytes) -> Head:
    r"""Read a head, from its start line to the empty line.

    Never fails: a line without a colon is a field without a name, and is dropped.

    Examples
    --------
    >>> parse_head(b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n").fields
    [('host', 'a')]
    """
    start_line, _, rest = data.decode("latin-1").partition("\n")
    return Head(start_line.removesuffix("\r"), rest)


def values_of(text: str) -> dict[str, str]:
    """Return the fields in the lines of a head: names in lower case, values joined by commas."""
    fields: list[tuple[str, str]] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line:
            continue
        if fields and (line[0] == " " or line[0] == "\t"):  # obs-fold, RFC 9112 section 5.2
            name, value = fields.pop()
            fields.append((name, f"{value} {line.strip()}".strip()))
            continue
        colon = line.find(":")
        if colon >= 0:
            name = line[:colon].strip()
            # Names of strangers must not fill the memory.
            name = _name(name) if len(name) < 64 else name.lower()
            fields.append((name, line[colon + 1 :].strip()))
    values = dict(fields)
    return values if len(values) == len(fields) else _joined(fields)


def _joined(fields: list[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    return {name: ", ".join(several) for name, several in values.items()}


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
    usual = data.find(b"\n\r\n", start)
    other = data.find(b"\n\n", start, usual + 1) if usual >= 0 else data.find(b"\n\n", start)
    if other >= 0:
        return other + 2
    return usual + 3 if usual >= 0 else 0


def looks_like_head(data: bytes | bytearray) -> bool | None:
    """Whether bytes begin an HTTP/1.x message; None while there are too few to tell."""
    if data[:7] == b"HTTP/1."[: len(data)]:
        return True if len(data) >= 7 else None
    space = data.find(b" ", 0, LONGEST_METHOD)
    method = data[: space if space >= 0 else LONGEST_METHOD]
    if not method or method.translate(None, METHOD_BYTES):
        return False
    if space < 0:
        return None if len(data) < LONGEST_METHOD else False
    newline = data.find(b"\n")
    if newline >= 0:
        # The preface of HTTP/2 was made such that it is a head (RFC 9113, section 3.4).
        return data.find(b" HTTP/1.", 0, newline) >= 0 or data[:16] == b"PRI * HTTP/2.0\r\n"
    # Until the line is whole its target must at least be one.
    return None if len(data) <= space + 1 or data[space + 1] > 0x20 else False


def may_begin_message(data: bytes) -> bool:
    """Whether a message begins here, as far as can be told amid bytes of any kind.

    While `looks_like_head` cannot tell, only the common methods count: any word would do.
    """
    looks = looks_like_head(data)
    if looks is None:
        for one in COMMON_BEGINNINGS:  # noqa: SIM110 - the compiler knows no generator here
            if data[: len(one)] == one[: len(data)]:
                return True
        return False
    return bool(looks)


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
    coding = head.get("transfer-encoding")
    if head.is_response and coding is not None and coding != "identity":
        return "close", 0
    length = (head.get("content-length") or "").split(",")[0].strip()
    if length.isdecimal() and len(length) < 19:
        return ("length", int(length)) if int(length) else ("none", 0)
    return ("close", 0) if head.is_response else ("none", 0)
