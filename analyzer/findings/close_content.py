"""What close frames say, and what comes behind them: codes, echoes, data, protocol errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analyzer.anomaly import Anomaly
from analyzer.findings.ends import close_of, first_side, is_closing, is_over
from analyzer.findings.finding import Finding, Given, about, counted, packets
from analyzer.record import Connection
from analyzer.side import SIDES, Side
from analyzer.websocket.close import FRAMINGS_WITH_CODE, CloseFrame
from analyzer.websocket.registry import Framing

FORBIDDEN = frozenset({"close_code_forbidden", "close_body_one_byte", "close_reason_not_utf8"})
ERRORS = frozenset(
    {
        "client_frame_unmasked",
        "continuation_without_start",
        "control_frame_fragmented",
        "control_frame_too_long",
        "deflate_stream_broken",
        "frame_length_too_large",
        "length_not_minimal",
        "message_interrupted",
        "message_not_inflatable",
        "opcode_unknown",
        "reserved_bit_set",
        "server_frame_masked",
        "text_not_utf8",
    }
)
# What an endpoint that finds a frame wrong may say (RFC 6455, section 7.4.1).
TELLING = frozenset({1002, 1003, 1007, 1009, 1010, 1011})
CODES_SHOWN = 4


def data_after_close(given: Given) -> list[Finding]:
    """Tell where data frames stand behind a close frame of their own sender.

    RFC 6455, section 5.5.1: "The application MUST NOT send any more data frames after sending a
    Close frame." Receivers discard them, so what they carry is lost; stray bytes may be read as a
    frame. It counts where the capture has such a data frame, of whatever length.
    """
    return _of_anomalies(
        given,
        frozenset({"data_after_close"}),
        "data-after-close",
        "the {side} of {number} sent data behind its own close frame, which receivers discard",
        ("an application that goes on sending while its library closes",),
        ("a library that writes past its own state",),
    )


def forbidden_codes(given: Given) -> list[Finding]:
    """Tell where a close frame carries what none may carry.

    RFC 6455, sections 5.5.1 and 7.4: 1004, 1005, 1006, 1015 and codes that nobody registered must
    not be on the wire, a body is empty or at least two bytes long, and a reason is UTF-8. The codes
    1005 and 1006 are what APIs report; a proxy or an application that passes on what was reported
    puts them on the wire.
    """
    return _of_anomalies(
        given,
        FORBIDDEN,
        "close-code-forbidden",
        "the {side} of {number} sent a close frame that is not allowed ({details})",
        ("an application or a proxy that sends on the code that an API reported to it",),
        ("a close frame made by hand",),
    )


def changed_codes(given: Given) -> list[Finding]:
    """Tell where a close frame was answered with another code than its own.

    RFC 6455, section 5.5.1: an endpoint "typically echos the status code it received". It counts
    where both close frames are whole, it is known who was first, they did not cross, neither is
    forbidden, and their codes differ; a Close without a code that is answered with one counts, too.
    Each end then reports another code.
    """
    changed = [one for one in given.connections if _changed(one)]
    return [
        _change(side, ones)
        for side in SIDES
        if (ones := [one for one in changed if first_side(one) is side])
    ]


def protocol_error(given: Given) -> list[Finding]:
    """Tell where a frame broke the protocol, which one, and what the other side did about it.

    It counts where the capture shows a frame that RFC 6455 forbids (mask, reserved bits, opcode,
    length, fragments) or that cannot be inflated, and the connection ended. By what the other side
    did, one finding each: it said so (a Close with 1002, 1003, 1007, 1009, 1010 or 1011; section
    7.1.7); it was the first to end the connection, and did not say why; or neither: it put up with
    the frame, as far as the capture tells.
    """
    found: dict[str, list[tuple[Connection, Anomaly]]] = {}
    for one in given.connections:
        if one.framing is not Framing.RFC_6455 or not is_over(one):
            continue
        for odd in one.anomalies:
            if odd.name in ERRORS and odd.side is not None:
                found.setdefault(_reaction(one, odd.side.other, odd.time_ns), []).append((one, odd))
                break
    return [_error(then, rows) for then, rows in sorted(found.items())]


def _reaction(one: Connection, side: Side, at: int) -> str:
    close = close_of(one, side)
    if close is not None and close.code in TELLING and close.at >= at:
        return "its sender was told so by a Close"
    if first_side(one) is side:
        return "the other side hung up without a word about it"
    return "the other side did nothing about it"


def _changed(one: Connection) -> bool:
    client, server = one.ending.client_close, one.ending.server_close
    if client is None or server is None or client.code == server.code:
        return False
    if not is_closing(one) or one.framing not in FRAMINGS_WITH_CODE:
        return False
    whole = client.complete and server.complete
    return whole and not any(odd.name in FORBIDDEN for odd in one.anomalies)


def _change(side: Side, ones: Sequence[Connection]) -> Finding:
    pairs = Counter(
        f"{_code(close_of(one, side))} with {_code(close_of(one, side.other))}" for one in ones
    )
    listed = ", ".join(
        f"{pair} ({number:,})" if len(pairs) > 1 else pair
        for pair, number in pairs.most_common(CODES_SHOWN)
    )
    closes = [close for one in ones if (close := close_of(one, side.other)) is not None]
    return Finding(
        "close-code-changed",
        f"the {side.other} of {counted(len(ones), 'connection')} answered a Close with another"
        f" code: {listed}",
        about(ones),
        min(close.at for close in closes),
        max(close.at for close in closes),
        dict(pairs),
        packets(close.packet for close in closes),
        (
            "a library that answers 1000 to whatever it receives, as some do",
            "an application that closes on its own when it is told of the Close",
        ),
        ("two close frames that crossed, where the capture was taken close to one side",),
        (f"what the {side} reports: the code of the answer, or its own",),
    )


def _code(close: CloseFrame | None) -> str:
    return "no code" if close is None or close.code is None else str(close.code)


def _error(then: str, rows: Sequence[tuple[Connection, Anomaly]]) -> Finding:
    names = Counter(f"{odd.name} of the {odd.side}" for _, odd in rows)
    listed = ", ".join(name for name, _ in names.most_common(CODES_SHOWN))
    return Finding(
        "protocol-error",
        f"a frame broke the protocol in {counted(len(rows), 'connection')} ({listed}); {then}",
        about(one for one, _ in rows),
        min(odd.time_ns for _, odd in rows),
        max(odd.time_ns for _, odd in rows),
        dict(names),
        packets(odd.packet for _, odd in rows),
        ("an endpoint, or a box on the way, that writes frames wrongly",),
        ("an extension that was agreed on in a handshake which the capture lacks",),
        ("the frame itself: the packets named here",),
    )


def _of_anomalies(
    given: Given,
    names: frozenset[str],
    name: str,
    text: str,
    consistent_with: tuple[str, ...],
    also: tuple[str, ...],
) -> list[Finding]:
    found = []
    for side in SIDES:
        rows = [
            (one, odd)
            for one in given.connections
            for odd in one.anomalies
            if odd.name in names and odd.side is side and odd.packet
        ]
        if not rows:
            continue
        ones = about(one for one, _ in rows)
        details = Counter(odd.detail or odd.name for _, odd in rows)
        sentence = text.format(
            side=side,
            number=counted(len(ones), "connection"),
            details=", ".join(detail for detail, _ in details.most_common(CODES_SHOWN)),
        )
        found.append(
            Finding(
                name,
                sentence,
                ones,
                min(odd.time_ns for _, odd in rows),
                max(odd.time_ns for _, odd in rows),
                {"frames": len(rows)},
                packets(odd.packet for _, odd in rows),
                consistent_with,
                also,
                (f"the {side}'s library and version, and who calls its close",),
            )
        )
    return found
