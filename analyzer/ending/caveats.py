"""What a capture cannot tell of an ending, said in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.ending.facts import Facts
from analyzer.ending.rules import EndingKind
from analyzer.http.handshake import OpeningHandshake
from analyzer.side import Side
from analyzer.stream.tcpstream import TcpStream
from analyzer.websocket.log import FrameLog
from analyzer.websocket.registry import Framing


def caveats(
    stream: TcpStream,
    log: FrameLog,
    handshake: OpeningHandshake | None,
    facts: Facts,
    kind: EndingKind,
) -> list[str]:
    """Return the caveats of a connection, the most far-reaching first."""
    found = list(_of_the_start(stream, handshake, facts))
    for side in Side:
        found += _of_a_side(stream, log, side)
    found += _of_the_framing(log.framing, facts)
    found += _of_the_end(stream, facts, kind)
    return found


def _of_the_start(
    stream: TcpStream, handshake: OpeningHandshake | None, facts: Facts
) -> Iterator[str]:
    if handshake is None:
        yield "the connection began before the capture: its handshake and age are not known"
    elif not (stream.of(0).syn_at or stream.of(1).syn_at):
        yield "the TCP connection began before the capture"
    if handshake is not None and handshake.answer_hidden:
        yield "the answer to the upgrade is not in the capture"
    if handshake is not None and handshake.cut:
        yield "the heads of the upgrade are cut off in the capture"
    if handshake is not None and handshake.request is None:
        yield "the request of the upgrade is not in the capture"
    if facts.answered_at == 0 and facts.upgraded and handshake is not None:
        yield "how long it was open is not known"


def _of_a_side(stream: TcpStream, log: FrameLog, side: Side) -> Iterator[str]:
    sent, own = stream.of(side), log.of(side)
    if not sent.packets:
        yield f"nothing that the {side} sent was captured"
        return
    if sent.missing_bytes:
        text = f"{sent.missing_bytes} bytes that the {side} sent are missing from the capture"
        if own.hidden:
            text += ", and what stood behind them could not be read"
        elif own.hidden_bytes:
            text += f"; {own.hidden_bytes} more bytes were passed over until a frame began"
        yield text
    elif own.hidden:
        yield f"it is not known where a frame begins in what the {side} sent"
    if sent.overflowed:
        yield f"too many bytes of the {side} waited for one that never came"
    if sent.fin_hidden:
        yield f"the {side}'s FIN is probably missing: one number more was acknowledged than it sent"
    if own.close is not None and not own.close.complete:
        yield f"the {side}'s close frame is cut off in the capture"


def _of_the_framing(framing: Framing, facts: Facts) -> Iterator[str]:
    if framing is Framing.HIXIE_75 and facts.upgraded:
        yield "hixie-75 has no closing handshake: FIN is its only orderly end"
    if framing is Framing.HYBI_04 and facts.upgraded:
        yield "implementations masked hybi-04 differently: its client frames are a best effort"


def _of_the_end(stream: TcpStream, facts: Facts, kind: EndingKind) -> Iterator[str]:
    closing = kind in {EndingKind.HIXIE_CLOSE, EndingKind.HYBI_CLOSE}
    if closing and not facts.tcp_down:
        yield "the capture ends before TCP was closed by both sides"
    if stream.reused and kind is not EndingKind.VANISHED:
        yield "the ports were used again by a later connection"
