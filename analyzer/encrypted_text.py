"""Streams that stay encrypted, for a person to read: a line per reason, or a line per stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from analyzer.encrypted import REASONS, Encrypted
from analyzer.events import counted
from analyzer.printable import duration, printable
from analyzer.record import TcpEnd
from analyzer.side import SIDES
from analyzer.text import Line, fit

EXAMPLES = 3


def encrypted_lines(
    streams: Sequence[Encrypted],
    dropped: Mapping[str, int],
    *,
    listed: bool = False,
    limit: int | None = None,
    width: int | None = None,
) -> list[Line]:
    """Return what is said of streams that could not be decrypted; nothing where there are none.

    Parameters
    ----------
    streams : sequence of Encrypted
        Those that were kept.
    dropped : mapping of str to int
        How many more there were, by reason.
    listed : bool
        Each has a line, rather than each reason.
    limit : int or None
        Streams listed at most.
    width : int or None
        Columns per line at most.
    """
    if not streams and not dropped:
        return []
    number = len(streams) + sum(dropped.values())
    head = f"{counted(number, 'TLS stream')} not decrypted"
    if not listed:
        texts = [f"{head}:", *_by_reason(streams, dropped)]
        return [Line(""), *(Line(fit(text, width), "yellow") for text in texts)]
    shown = sorted(streams, key=lambda one: (not one.looks_like_websocket, one.tcp_stream))[:limit]
    lines = [Line(""), Line(f"{head}, apart from the endings above", "bold")]
    lines += [Line(fit(f"  {encrypted_line(one)}", width), _style(one)) for one in shown]
    if number > len(shown):
        lines.append(Line(f"… and {number - len(shown):,} more", "dim"))
    return lines


def _style(one: Encrypted) -> str:
    return "magenta" if one.looks_like_websocket else ""


def _by_reason(streams: Sequence[Encrypted], dropped: Mapping[str, int]) -> Iterator[str]:
    counts = Counter(one.reason for one in streams)
    counts.update(dropped)
    for reason, number in counts.most_common():
        found = (one for one in streams if one.reason == reason)
        names = [_example(one) for one, _ in zip(found, range(EXAMPLES), strict=False)]
        more = ", …" if number > len(names) else ""
        such = f" ({', '.join(names)}{more})" if names else ""
        yield f"  {number:,}: {REASONS[reason]}{such}"


def _example(one: Encrypted) -> str:
    name = printable(one.tls.server_name) if one.tls.server_name else str(one.server)
    return f"tcp.stream {one.tcp_stream} to {name}"


def encrypted_line(one: Encrypted) -> str:
    """Return what is known of a stream, in one line."""
    name = f" ({printable(one.tls.server_name)})" if one.tls.server_name else ""
    parts = [f"tcp.stream {one.tcp_stream}  {one.client} → {one.server}{name}"]
    about = [one.tls.version, one.tls.alpn, duration(one.last_at - one.first_at)]
    parts.append(", ".join(printable(text) for text in about if text))
    for side, sent in zip(SIDES, (one.client_sent, one.server_sent), strict=True):
        if sent is not None:
            records = counted(sent.records, "record")
            parts.append(f"{side} sent {records}, {counted(sent.bytes, 'byte')}")
    parts += _alerts(one)
    parts.append(_tcp_ended(one))
    parts.append(_hinted(one) or REASONS[one.reason])
    return "; ".join(parts)


def _alerts(one: Encrypted) -> Iterator[str]:
    for alert in one.tls.alerts[:EXAMPLES]:
        yield f"{alert.name} from the {alert.side}"


def _tcp_ended(one: Encrypted) -> str:
    idle = one.idle_before_end
    waited = "" if idle is None else f", {duration(idle)} idle"
    found = first_end(one.tcp)
    if found is None:
        return "TCP still open when the capture ends"
    return f"{found} first{waited}"


def first_end(tcp: TcpEnd) -> str | None:
    """Return who took TCP down first and with what; None where nobody did.

    Examples
    --------
    >>> from analyzer.ending.facts import Moment
    >>> first_end(TcpEnd(server_rst=Moment(5, 1), client_fin=Moment(9, 2)))
    'RST of the server'
    """
    ends: list[tuple[int, str]] = []
    for side, fin, rst in zip(
        SIDES, (tcp.client_fin, tcp.server_fin), (tcp.client_rst, tcp.server_rst), strict=True
    ):
        ends += [(fin.at, f"FIN of the {side}")] if fin is not None else []
        ends += [(rst.at, f"RST of the {side}")] if rst is not None else []
    return min(ends)[1] if ends else None


def _hinted(one: Encrypted) -> str:
    hint = one.hint
    if hint is None or not one.two_way:
        return ""
    code = "a code" if hint.with_code else "no code"
    answer = "answered" if hint.answered else "not answered"
    return (
        f"ends like a WebSocket that the {SIDES[hint.first]} closed with {code}, {answer}"
        f" ({hint.confidence})"
    )
