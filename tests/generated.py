"""Whole conversations, made up by hypothesis: every framing, every way to talk and to end."""

from __future__ import annotations

import zlib

from hypothesis import strategies as st

from conversation import Conversation, other
from packets import Packet, take_apart
from upgrade import upgrade
from wire import CONTINUATION, FRAMINGS, MASK, PING, TEXT, Frames, Side, frame

CLOSERS = ("client", "server", "both", "none")
TCP_ENDS = ("client fin", "server fin", "crossing fins", "client rst", "server rst", "none")
SEGMENT = 1400
# Behind a pause nothing is joined to what stands before it.
PAUSES = (0.0, 0.002, 0.25, 61.0)

CLIENT: Side = "client"
SERVER: Side = "server"
sides: st.SearchStrategy[Side] = st.sampled_from(("client", "server"))


class Told(list[Packet]):
    """Packets that show themselves briefly where a test fails."""

    def __repr__(self) -> str:
        return "\n".join(["", *(_line(packet) for packet in self)])


def _line(packet: Packet) -> str:
    tcp = take_apart(packet.data)
    assert tcp is not None
    names = "".join(name for bit, name in enumerate("FSRPA") if tcp.flags >> bit & 1)
    place = f"{packet.time_ns % 10**12:>13} {tcp.source[1]:>5} > {tcp.destination[1]:<5} {names:<3}"
    numbers = f"seq {tcp.sequence} ack {tcp.acknowledgment}"
    return f"    {place} {numbers} {tcp.payload[:60]!r}"


def hold(
    draw: st.DrawFn, *, framing: str | None = None, client_port: int = 40000, start_ns: int = 0
) -> Conversation:
    """Tell one conversation with what `draw` chooses; hypothesis shrinks it."""
    options = {"start_ns": start_ns} if start_ns else {}
    talk = Conversation(
        ("10.0.0.1", client_port),
        isn=draw(st.sampled_from([(1000, 500_000), (0xFFFFFF80, 0xFFFFFFF0)])),
        timestamps=draw(st.booleans()),
        **options,
    )
    talk.handshake()
    if draw(st.integers(0, 5)) == 0:
        talk.client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    chosen = framing or draw(st.sampled_from(FRAMINGS))
    deflates = chosen == "rfc6455" and draw(st.booleans())
    agreed = "permessage-deflate" if deflates else None
    talk.upgrade(upgrade(chosen, extensions=agreed))  # type: ignore[arg-type]
    packers = {side: zlib.compressobj(wbits=-15) for side in (CLIENT, SERVER)}
    for _ in range(draw(st.integers(0, 6))):
        side = draw(sides)
        if deflates and draw(st.booleans()):
            _send(talk, side, _packed(draw, side, packers[side]))
        else:
            _send(talk, side, draw(_something(talk.frames, side)))
        if draw(st.booleans()):
            talk.ack(other(side))
        talk.wait(draw(st.sampled_from(PAUSES)))
    closed = _close(draw, talk)
    # Who got no close frame may still be talking when TCP ends.
    if not closed and draw(st.integers(0, 3)) == 0:
        side = draw(sides)
        whole = talk.frames.text(side, "cut off")
        talk.say(side, whole[: draw(st.integers(1, len(whole) - 1))])
    _end_tcp(talk, draw(st.sampled_from(TCP_ENDS)))
    return talk


@st.composite
def talks(draw: st.DrawFn, framing: str | None = None) -> Told:
    """Give the packets of one conversation."""
    return Told(hold(draw, framing=framing).packets)


@st.composite
def several_talks(draw: st.DrawFn) -> Told:
    """Give the packets of up to three conversations at one time, in order of time."""
    packets: list[Packet] = []
    for number in range(draw(st.integers(1, 3))):
        # A few nanoseconds apart, so that no two packets have one time.
        start = 1_700_000_000_000_000_000 + number * 13_000
        packets += hold(draw, client_port=40_001 + number, start_ns=start).packets
    return Told(sorted(packets, key=lambda packet: packet.time_ns))


def _something(frames: Frames, side: Side) -> st.SearchStrategy[bytes]:
    """Give frames of one side: text, long text, ping, pong, or a message in fragments."""
    words = st.sampled_from(["", "a", "häuser", "x" * 126, "long " * 700])
    texts = words.map(lambda text: frames.text(side, text))
    if frames.framing.startswith("hixie"):
        return texts
    bodies = st.sampled_from([b"", b"1", b"keep-alive"])
    return st.one_of(
        texts,
        bodies.map(lambda body: frames.ping(side, body)),
        bodies.map(lambda body: frames.pong(side, body)),
        bodies.map(lambda body: frames.write(side, "binary", body)),
        bodies.map(
            lambda body: (
                frames.write(side, "text", b"first", last=False)
                + frames.ping(side, body)
                + frames.write(side, "continuation", b"last")
            )
        ),
    )


def _packed(draw: st.DrawFn, side: Side, packer: zlib._Compress) -> bytes:
    """Give a compressed text, in one frame or in two with a ping between (RFC 7692, 7.2.3)."""
    text = draw(st.sampled_from(["", "a", "häuser und", "long " * 700])).encode()
    payload = (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    mask = MASK if side == CLIENT else None
    if draw(st.booleans()):
        return frame(TEXT, payload, mask=mask, rsv=4)
    cut = draw(st.integers(0, len(payload)))
    return (
        frame(TEXT, payload[:cut], mask=mask, rsv=4, fin=False)
        + frame(PING, b"p", mask=mask)
        + frame(CONTINUATION, payload[cut:], mask=mask)
    )


def _send(talk: Conversation, side: Side, data: bytes) -> None:
    for start in range(0, len(data), SEGMENT):
        talk.say(side, data[start : start + SEGMENT])


def _close(draw: st.DrawFn, talk: Conversation) -> bool:
    """Send close frames, if any; tell whether one was sent."""
    who = draw(st.sampled_from(CLOSERS))
    if who == "none" or talk.frames.framing == "hixie-75":
        return False
    code = draw(st.sampled_from([None, 1000, 1001, 1011, 4321]))
    reason = draw(st.sampled_from(["", "bye", "Übergröße"])) if code else ""
    if who == "both":
        with talk.crossing():
            for side in (CLIENT, SERVER):
                talk.say(side, talk.frames.close(side, code, reason))
        talk.ack("client").ack("server")
        return True
    side = CLIENT if who == "client" else SERVER
    talk.say(side, talk.frames.close(side, code, reason))
    if draw(st.booleans()):
        # What was on its way already.
        talk.say(other(side), talk.frames.text(other(side), "late"))
    if draw(st.integers(0, 3)):
        talk.wait(draw(st.sampled_from(PAUSES)))
        talk.say(other(side), talk.frames.close(other(side), code, ""))
    return True


def _end_tcp(talk: Conversation, how: str) -> None:
    if how == "crossing fins":
        with talk.crossing():
            talk.fin("client").fin("server")
        talk.ack("client").ack("server")
    elif how.endswith("fin"):
        talk.close_tcp("client" if how.startswith("client") else "server")
    elif how.endswith("rst"):
        talk.rst("client" if how.startswith("client") else "server")
    else:
        # Both are heard once more, late enough for what was repeated: nobody has vanished.
        talk.wait(0.002).ack("client").ack("server")
