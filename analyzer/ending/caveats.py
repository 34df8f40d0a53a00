"""What a capture cannot tell of an ending, said in plain sentences."""

from __future__ import annotations

from analyzer.ending.facts import Facts, Reset
from analyzer.ending.rules import CLOSE_KINDS, EndingKind
from analyzer.http.handshake import OpeningHandshake
from analyzer.side import SIDES, Side
from analyzer.stream.bytestream import ByteStream
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
    found: list[str] = []
    _of_the_start(found, stream, handshake, facts)
    _of_a_side(found, stream, log, facts, 0)
    _of_a_side(found, stream, log, facts, 1)
    _of_the_framing(found, log.framing, facts)
    _of_the_end(found, stream, facts, kind)
    _of_resets(found, facts)
    return found


def _of_the_start(
    found: list[str], stream: TcpStream, handshake: OpeningHandshake | None, facts: Facts
) -> None:
    if handshake is None:
        found.append("the connection began before the capture: its handshake and age are not known")
        return
    if not (stream.of(0).syn_at or stream.of(1).syn_at):
        found.append("the TCP connection began before the capture")
    if handshake.answer_hidden:
        unread = "" if facts.client.h2 is None else ", or could not be read"
        found.append(f"the answer to the upgrade is not in the capture{unread}")
    if handshake.cut:
        found.append("the heads of the upgrade are cut off in the capture")
    if handshake.request is None:
        found.append("the request of the upgrade is not in the capture")
    if facts.answered_at == 0 and facts.upgraded:
        found.append("how long it was open is not known")


def _of_a_side(found: list[str], stream: TcpStream, log: FrameLog, facts: Facts, side: int) -> None:
    sent, own, name = stream.of(side), log.of(side), SIDES[side]
    if not sent.packets:
        found.append(f"nothing that the {name} sent was captured")
        return
    h2 = facts.of(side).h2
    if h2 is not None and h2.lost:
        found.append(
            f"bytes of the TCP connection are missing from the capture: what the {name} sent behind"
            " them, on all streams of HTTP/2, could not be read"
        )
    elif sent.missing_bytes:
        text = f"{sent.missing_bytes} bytes that the {name} sent are missing from the capture"
        if own.hidden:
            text += ", and what stood behind them could not be read"
        elif own.hidden_bytes:
            text += f"; {own.hidden_bytes} more bytes were passed over until a frame began"
        found.append(text)
    elif own.hidden:
        found.append(f"it is not known where a frame begins in what the {name} sent")
    _of_its_packets(found, sent, facts, name)
    if own.close is not None and not own.close.complete:
        found.append(f"the {name}'s close frame is cut off in the capture")


def _of_its_packets(found: list[str], sent: ByteStream, facts: Facts, side: Side) -> None:
    if sent.overflowed:
        found.append(f"too many bytes of the {side} waited for one that never came")
    if sent.fin_hidden:
        found.append(
            f"the {side}'s FIN is probably missing: one number more was acknowledged than it sent"
        )
    if facts.of(side).segment_hidden:
        found.append(
            f"a packet of the {side} is not in the capture: the {side.other}'s RST answers it"
        )


def _of_the_framing(found: list[str], framing: Framing, facts: Facts) -> None:
    if framing is Framing.HIXIE_75 and facts.upgraded:
        found.append("hixie-75 has no closing handshake: FIN is its only orderly end")
    if framing is Framing.HYBI_04 and facts.upgraded:
        found.append(
            "implementations masked hybi-04 differently: its client frames are a best effort"
        )


def _of_the_end(found: list[str], stream: TcpStream, facts: Facts, kind: EndingKind) -> None:
    if kind in CLOSE_KINDS and not facts.tcp_down:
        what = "TCP was closed" if facts.client.h2 is None else "the stream was ended"
        found.append(f"the capture ends before {what} by both sides")
    if kind is EndingKind.UNANSWERED and facts.cut_off:
        found.append("the capture ends before an answer to the upgrade, and before an end of TCP")
    if stream.reused and kind is not EndingKind.VANISHED:
        found.append("the ports were used again by a later connection")


def _of_resets(found: list[str], facts: Facts) -> None:
    """Tell of a RST that a box on the way may have sent in the name of a side."""
    for side in SIDES:
        rst = facts.of(side).rst
        if not isinstance(rst, Reset) or not rst.is_strange:
            continue
        if rst.ttl != rst.usual_ttl and rst.usual_ttl is not None:
            sign = f"its TTL is {rst.ttl}, that of the {side}'s packet before was {rst.usual_ttl}"
        else:
            sign = f"its number lies {rst.offset} bytes beyond what the {side} had sent"
        found.append(f"the RST in the name of the {side} may come from a box on the way: {sign}")
