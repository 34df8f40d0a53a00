"""The head of an HTTP/1.x message: start line and fields (RFC 9112, sections 2 to 5)."""

from __future__ import annotations

MAX_HEAD = 65536
# All that is asked of heads. Cookies and the rest are not kept, nor looked at.
FIELDS = frozenset(
    {
        "content-length",
        "host",
        "http2-settings",
        "location",
        "origin",
        "sec-websocket-accept",
        "sec-websocket-draft",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-key1",
        "sec-websocket-key2",
        "sec-websocket-location",
        "sec-websocket-nonce",
        "sec-websocket-origin",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "websocket-location",
        "websocket-origin",
        "websocket-protocol",
    }
)
# Whether a field that begins with a letter, and whose name has a length, may be one of `FIELDS`:
# most of the others need not be looked at any further. One byte for each, 32 lengths a letter.
_PLACED = {32 * ord(letter) + len(name) for name in FIELDS for letter in (name[0], name[0].upper())}
PLACES = bytes(place in _PLACED for place in range(32 * 128))
METHOD_CHARACTERS = "!#$%&'*+-.^_`|~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
LONGEST_METHOD = 24
COMMON_METHODS = ("GET ", "POST ", "HEAD ", "PUT ", "PATCH ", "DELETE ", "OPTIONS ", "CONNECT ")


class Head:
    """A message's head, and where it passed.

    Parameters
    ----------
    start_line : str
        As sent, bytes beyond ASCII as Latin-1.
    values : dict of str to str, optional
        Its fields, as `values_of` gives them.

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
    method : str
        The method of a request; empty in a response.
    is_response : bool
        The start line is a status line.
    status : int or None
        The status code; None in a request or a line that has none.
    """

    def __init__(self, start_line: str, values: dict[str, str] | None = None) -> None:
        self.start_line = start_line
        self.first_at = 0
        self.at = 0
        self.first_packet = 0
        self.packet = 0
        self.cut = False
        self.challenge = b""
        self.is_response = start_line.startswith("HTTP/")
        self.method = "" if self.is_response else start_line[: _word(start_line)]
        self.status = status_of(start_line) if self.is_response else None
        self._values: dict[str, str] | None = values if values is not None else {}

    def get(self, name: str) -> str | None:
        """Return the values of a field, joined by commas (RFC 9110, section 5.3).

        Raises
        ------
        KeyError
            It is none of `FIELDS`, or the head was forgotten: what it said was not kept.
        """
        values = self._values
        if values is None:
            raise KeyError(name)
        value = values.get(name)
        if value is None and name not in FIELDS:
            raise KeyError(name)
        return value

    def forget(self) -> None:
        """Let go of what it said: only when and where it passed is still asked for."""
        self.start_line = self.method = ""
        self._values = None

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
    def target(self) -> str:
        """The target of a request, as sent."""
        parts = self.start_line.split(" ", 2)
        return parts[1] if len(parts) > 1 else ""


def _word(line: str) -> int:
    """Return where the first word of a line ends."""
    space = line.find(" ")
    return space if space >= 0 else len(line)


def status_of(start_line: str) -> int | None:
    """Return the status code of a status line; None where it has none."""
    if len(start_line) > 12 and start_line[8] == start_line[12] == " ":  # as nearly all are
        digits = start_line[9:12]
        if digits.isdecimal():
            return int(digits)
    parts = start_line.split(None, 2)
    if len(parts) > 1 and len(parts[1]) == 3 and parts[1].isdecimal():
        return int(parts[1])
    return None


def parse_head(data: bytes) -> Head:
    r"""Read a head, from its start line to the empty line.

    Never fails: a line without a colon is a field without a name, and is dropped.

    Examples
    --------
    >>> parse_head(b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n").get("host")
    'a'
    """
    return head_of(data.decode("latin-1"))


def head_of(text: str) -> Head:
    """Read a head as `parse_head` does, from its bytes as Latin-1."""
    end = text.find("\n")
    stop = end if end >= 0 else len(text)
    if stop > 0 and text[stop - 1] == "\r":
        stop -= 1
    return Head(text[:stop], values_of(text, end + 1) if end >= 0 else None)


def values_of(text: str, start: int = 0) -> dict[str, str]:
    """Return the `FIELDS` in the lines of a head: names in lower case, values joined by commas.

    Parameters
    ----------
    text : str
        Lines that end in LF, or CR and LF.
    start : int
        Where the first of them begins.
    """
    values: dict[str, str] = {}
    size = len(text)
    before = value = ""  # what earlier fields of the name said, and what this one does
    name: str | None = None  # of the last field; empty for one that nobody asks for
    while start < size:
        end = text.find("\n", start)
        if end < 0:
            end = size
        first = text[start]
        if name is not None and first in {" ", "\t"}:  # obs-fold, RFC 9112 section 5.2
            value = f"{value} {_trimmed(text, start, end)}".strip(" ")
        else:
            colon = text.find(":", start, end)
            if colon < 0:
                start = end + 1
                continue
            name = field_name(text[start:colon]) if _may_be_asked(text, start, colon) else ""
            value = _trimmed(text, colon + 1, end) if name else ""
            before = f"{values[name]}, " if name in values else ""
        if name:
            values[name] = before + value if before else shared(value)
        start = end + 1
    return values


def _may_be_asked(text: str, start: int, colon: int) -> bool:
    """Whether the name in front of a colon may be one of `FIELDS`."""
    if colon == start:
        return False
    first, last, length = ord(text[start]), ord(text[colon - 1]), colon - start
    if first <= 32 or last <= 32 or length > 31:
        return True  # spaces around it, or a crowd of them
    return first < 128 and PLACES[32 * first + length] != 0


def _trimmed(text: str, start: int, end: int) -> str:
    """Return a part of a text without spaces, tabs and CR around it (RFC 9110, section 5.5)."""
    while start < end and text[start] in " \t\r":
        start += 1
    while end > start and text[end - 1] in " \t\r":
        end -= 1
    return text[start:end]


def field_name(written: str) -> str:
    """Return the name of a field that somebody asks for; empty for others.

    Examples
    --------
    >>> field_name("Host"), field_name("HOST "), field_name("Cookie")
    ('host', 'host', '')
    """
    name = _SPELLINGS.get(written)
    if name is None:
        lower = written.strip().lower()
        name = lower if lower in FIELDS else ""
        # Names of strangers must not fill the memory.
        if len(_SPELLINGS) < 4096 and len(written) < 64:
            _SPELLINGS[written] = name
    return name


_SPELLINGS: dict[str, str] = {name: name for name in FIELDS}
"""How names were written so far."""


def shared(value: str) -> str:
    """Return a value as one object for all heads that say it, as far as that is worth its room."""
    found = _SHARED.get(value)
    if found is None:
        found = value
        # Keys and their answers, of which no two are the same, have 24 and 28 characters.
        if len(_SHARED) < 4096 and len(value) not in {24, 28} and len(value) < 256:
            _SHARED[value] = value
    return found


_SHARED: dict[str, str] = {}


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


def head_length(text: str, known: int = 0) -> int:
    """Return the length of the head at the front of a text, 0 while it is not whole.

    Lines may end in LF alone (RFC 9112, section 2.2). The first `known` characters were looked at.
    """
    start = max(known - 2, 0)  # an end may begin in what was looked at
    usual = text.find("\n\r\n", start)
    other = text.find("\n\n", start, usual + 1) if usual >= 0 else text.find("\n\n", start)
    if other >= 0:
        return other + 2
    return usual + 3 if usual >= 0 else 0


def looks_like_head(text: str) -> bool | None:
    """Whether bytes, read as Latin-1, begin an HTTP/1.x message; None while too few to tell."""
    if text.startswith("HTTP/1."):
        return True
    if len(text) < 7 and "HTTP/1.".startswith(text):
        return None
    space = text.find(" ", 0, LONGEST_METHOD)
    if not _is_method(text, space if space >= 0 else min(LONGEST_METHOD, len(text))):
        return False
    if space < 0:
        return None if len(text) < LONGEST_METHOD else False
    newline = text.find("\n")
    if newline >= 0:
        # The preface of HTTP/2 was made such that it is a head (RFC 9113, section 3.4).
        return text.find(" HTTP/1.", 0, newline) >= 0 or text.startswith("PRI * HTTP/2.0\r\n")
    # Until the line is whole its target must at least be one.
    return None if len(text) <= space + 1 or ord(text[space + 1]) > 0x20 else False


def _is_method(text: str, length: int) -> bool:
    """Whether the first characters of a text may be a method (RFC 9110, section 9.1)."""
    for common in COMMON_METHODS:
        if text.startswith(common):
            return True
    for place in range(length):
        if text[place] not in METHOD_CHARACTERS:
            return False
    return length > 0


def may_begin_message(text: str) -> bool:
    """Whether a message begins here, as far as can be told amid bytes of any kind.

    While `looks_like_head` cannot tell, only the common methods count: any word would do.
    """
    looks = looks_like_head(text)
    if looks is None:
        for common in ("HTTP/1.", *COMMON_METHODS):  # noqa: SIM110 - the compiler knows no generator here
            if text.startswith(common[: len(text)]):
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
    coding = head.get("transfer-encoding")
    if coding is not None:
        if head.has_token("transfer-encoding", "chunked"):
            return "chunked", 0
        if head.is_response and coding != "identity":
            return "close", 0
    told = head.get("content-length")
    if told is not None:
        length = told if told.isdecimal() else told.partition(",")[0].strip()
        if length.isdecimal() and len(length) < 19:
            size = int(length)
            return ("length", size) if size else ("none", 0)
    return ("close", 0) if head.is_response else ("none", 0)
