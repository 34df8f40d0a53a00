"""HTTP/1.x on a TCP stream, watched for upgrades to WebSocket."""

from __future__ import annotations

from analyzer.http.handshake import OpeningHandshake, is_upgrade
from analyzer.http.message import Head, looks_like_head
from analyzer.http.reader import FOREIGN, SEEK, START, MessageReader
from analyzer.http.upgrades import Upgrades
from analyzer.stream.layer import Chunk, Layer, Stack

# What a client may send behind its upgrade request before the answer decides what it is.
HELD_BYTES = 1024 * 1024
# What keeping a chunk takes besides its bytes: many small ones are bounded as well.
HELD_OVERHEAD = 200
MAX_PIPELINED = 1024
MAX_REFUSALS = 16


class HttpLayer(Layer):
    """Reads requests and responses until an upgrade is accepted.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    upgrades : Upgrades
        The rooms above.
    whole : bool
        The stream is known from its first byte; otherwise a message may begin with any chunk.
    """

    def __init__(self, stack: Stack, upgrades: Upgrades, whole: bool) -> None:
        self._stack = stack
        self._upgrades = upgrades
        state = START if whole else SEEK
        self._readers = (MessageReader(state), MessageReader(state))
        self._methods: list[str] = []
        self._asked: OpeningHandshake | None = None
        self._asked_number = -1
        self._before_asked = 0
        self._refused: tuple[int, OpeningHandshake] | None = None
        self._held: list[Chunk | tuple[int, int, int]] = []
        self._held_bytes = 0
        self._answer_lost = False
        self._no_head_yet = True
        self._cut_request: Head | None = None
        self._settings = ""  # of HTTP/2, as the request that is to be answered next tells them
        self._ends: list[tuple[int, int, bool]] = []
        self._connect: Head | None = None  # a CONNECT that waits for its answer
        self._refusals: list[int] = []

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        reader = self._reader(side)
        while chunk.start < chunk.end:
            if self._asked is not None and not self._may_read(side, chunk):
                return
            if self._connect is not None and not self._may_read_on(side, chunk):
                return
            head = reader.take(chunk)
            if head is not None:
                side = self._take_head(side, head)
                reader = self._reader(side)
                if self._stack.top is not self:
                    self._pass_on(side, chunk)
                    return
            elif reader.state == FOREIGN:
                if side == 1 and self._may_be_http2(reader, chunk):
                    self._switch_to_http2(0)
                    self._pass_on(side, chunk)
                else:
                    self._give_up()
                return

    def _reader(self, side: int) -> MessageReader:
        return self._readers[side]

    def _may_read(self, side: int, chunk: Chunk) -> bool:
        """Whether a message may begin in bytes that come while an upgrade waits for its answer."""
        if side == 1:
            if not self._answer_lost or _may_be_response(chunk):
                return True
            # The answer is in a gap; what follows it may be frames.
            self._accept(True)
            self._pass_on(side, chunk)
            return False
        server = self._stack.stream.of(1)  # type: ignore[attr-defined]
        if server.packets == 0 and chunk.acknowledged > server.next:
            # Only the client was captured: it acknowledges an answer here, and acts on it.
            front = chunk.buffer[chunk.start : chunk.end].decode("latin-1")
            if looks_like_head(front) is not False:
                self._pass_over_answer()
                return True
            self._accept(True)
            self._pass_on(side, chunk)
            return False
        self._hold(chunk)
        return False

    def _may_read_on(self, side: int, chunk: Chunk) -> bool:
        """Whether a message may begin in bytes that come while a CONNECT waits for its answer."""
        if side == 1:
            if self._answer_lost:
                # The rest of an answer that begins in a gap: behind it the client comes first.
                chunk.advance(chunk.end - chunk.start)
            return not self._answer_lost
        server = self._stack.stream.of(1)  # type: ignore[attr-defined]
        if not self._answer_lost and (server.packets or chunk.acknowledged <= server.next):
            self._hold(chunk)
            return False
        # What the client does tells what the answer was that the capture does not hold.
        if chunk.buffer[chunk.start : min(chunk.start + 8, chunk.end)] == b"CONNECT ":
            self._connect = None
            self._methods.clear()
            return True
        self._tunnel(None)
        self._pass_on(side, chunk)
        return False

    def _pass_on(self, side: int, chunk: Chunk) -> None:
        top = self._stack.top
        if top is not None and chunk.start < chunk.end:
            top.data(side, chunk)

    def _take_head(self, side: int, head: Head) -> int:
        """Take a message's head; return its side, which the first one may correct."""
        self._settle_refused(False)
        if head.is_response != (side == 1):
            if not self._no_head_yet:
                self._give_up()
                return side
            # Who was taken for the client by the order of packets is the server.
            self._stack.flipped ^= 1
            self._readers = (self._readers[1], self._readers[0])
            self._ends = [(sender ^ 1, time_ns, reset) for sender, time_ns, reset in self._ends]
            side ^= 1
        self._no_head_yet = False
        if side == 1:
            self._answer_lost = False
            self._take_response(head)
        elif is_upgrade(head):
            self._ask(head)
        elif head.start_line == "PRI * HTTP/2.0":
            self._switch_to_http2(18)
        else:
            self._note_request(head)
            if len(self._methods) > MAX_PIPELINED:
                self._give_up()
        return side

    def _note_request(self, head: Head) -> None:
        """Take a request that asks for no WebSocket."""
        if not self._methods:
            self._settings = head.get("http2-settings") or ""
        self._methods.append(head.method)
        self._reader(1).request_method = self._methods[0]
        if head.method == "CONNECT":
            self._connect = head

    def _take_response(self, head: Head) -> None:
        status = head.status
        if status == 101:
            self._take_switch(head)
        elif status is None or status >= 200:
            if self._asked is not None and self._before_asked == 0:
                self._refuse(head)
            elif self._methods:
                tunnel = self._methods[0] == "CONNECT" and self._connect is not None
                self._answered()
                if tunnel:
                    self._take_connect(head)

    def _take_connect(self, head: Head) -> None:
        """Take the answer to a CONNECT: any 2xx opens the tunnel (RFC 9110, section 9.3.6)."""
        if head.status is not None and head.status < 300:
            self._tunnel(head)
            return
        self._connect = None
        if head.status is not None:
            self._refusals.append(head.status)
        self._release()

    def _tunnel(self, response: Head | None) -> None:
        """Make room for what a tunnel carries, chosen anew by its first bytes."""
        request, self._connect = self._connect, None
        stack = self._stack
        before = stack.flipped
        if request is not None:
            refusals = self._refusals[-MAX_REFUSALS:]
            stack.top = self._upgrades.tunnelled(stack, request, response, refusals)
        self._release()
        for side, time_ns, reset in self._ends:
            stack.shutdown(side ^ before ^ stack.flipped, time_ns, reset)

    def _answered(self) -> None:
        """Take the answer to the oldest request."""
        del self._methods[0]
        self._settings = ""  # of one that stood behind it, nothing is kept
        self._before_asked = max(0, self._before_asked - 1)
        self._reader(1).request_method = self._methods[0] if self._methods else ""

    def _take_switch(self, head: Head) -> None:
        if self._asked is None:
            if head.has_token("upgrade", "h2c"):
                # RFC 7540, section 3.2; the request may be older than the capture.
                self._switch_to_http2(0)
                return
            if head.has_token("upgrade", "tls/1.0") and self._methods:
                self._switch_to_tls()
                return
            if not is_upgrade(head) and not (head.cut and self._cut_request is not None):
                self._give_up()  # something else that is not ours
                return
            self._ask(self._cut_request)
        if self._asked is not None:
            self._asked.response = head
            self._accept()

    def _may_be_http2(self, reader: MessageReader, chunk: Chunk) -> bool:
        """Whether a server that speaks first may have begun with SETTINGS (RFC 9113, 3.4).

        Their length is below 65536. The layer of HTTP/2 looks at the rest, and at the preface.
        """
        if not self._no_head_yet or self._asked is not None or chunk.start == chunk.end:
            return False
        return reader.first_packet == chunk.packet and chunk.buffer[chunk.start] == 0

    def _switch_to_http2(self, known: int) -> None:
        """Leave the rest to HTTP/2; `known`: so much of its preface was a head here."""
        layer = self._upgrades.http2(self._stack, known, self._settings)
        self._stack.top = layer
        for side, time_ns, reset in self._ends:
            layer.shutdown(side, time_ns, reset)

    def _switch_to_tls(self) -> None:
        """Let TLS follow, and in it the answer to the request (RFC 2817, section 3.3)."""
        layer = self._upgrades.first_layer(self._stack, True)
        self._stack.top = layer
        for side, time_ns, reset in self._ends:
            layer.shutdown(side, time_ns, reset)

    def _ask(self, request: Head | None) -> None:
        """Take an upgrade that is asked for; None for a request that was not captured."""
        self._asked = OpeningHandshake(request=request)
        self._asked_number = self._upgrades.opened(self._stack, self._asked)
        self._answer_lost = False
        self._before_asked = len(self._methods)
        if request is not None:
            self._reader(1).expects_challenge = request.get("sec-websocket-key1") is not None
            if not self._methods:
                self._reader(1).request_method = request.method

    def _refuse(self, head: Head) -> None:
        handshake = self._asked
        if handshake is None:
            return
        handshake.response = head
        self._refused = (self._asked_number, handshake)
        self._asked = None
        self._reader(1).request_method = ""
        self._release()

    def _pass_over_answer(self) -> None:
        """Report an upgrade whose answer is hidden, and which did not lead to frames."""
        handshake = self._asked
        if handshake is None:
            return
        handshake.answer_hidden = True
        self._asked = None
        self._upgrades.failed(self._stack, self._asked_number, handshake, False)

    def _settle_refused(self, last: bool) -> None:
        """Report a refused upgrade once it is known whether the stream went on behind it."""
        if self._refused is not None:
            number, handshake = self._refused
            self._refused = None
            self._upgrades.failed(self._stack, number, handshake, last)

    def _accept(self, hidden: bool = False) -> None:
        handshake = self._asked
        if handshake is None:
            return
        handshake.answer_hidden = hidden
        self._asked = None
        layer = self._upgrades.accepted(self._stack, self._asked_number, handshake)
        self._stack.top = layer
        # A gap that was pushed to this layer: the new one must not take what follows for a start.
        if hidden or (handshake.response is not None and handshake.response.cut):
            layer.gap(1, 0, 0, 0)
        if handshake.request is not None and handshake.request.cut:
            layer.gap(0, 0, 0, 0)
        self._release()
        for side, time_ns, reset in self._ends:
            layer.shutdown(side, time_ns, reset)

    def _hold(self, chunk: Chunk) -> None:
        if self._held_bytes >= HELD_BYTES:
            self._give_up()
            return
        self._held.append(chunk.copy())
        self._held_bytes += chunk.end - chunk.start + HELD_OVERHEAD
        chunk.advance(chunk.end - chunk.start)

    def _release(self) -> None:
        """Hand on what the client sent behind its upgrade request."""
        held, self._held, self._held_bytes = self._held, [], 0
        for item in held:
            top = self._stack.top
            if top is None:
                return
            if isinstance(item, tuple):
                top.gap(0, item[0], item[1], item[2])
            else:
                top.data(0, item)

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Pass over bytes that the capture does not hold."""
        if side == 0 and (self._asked is not None or self._connect is not None):
            if self._held_bytes >= HELD_BYTES:
                self._give_up()
                return
            self._held.append((length, time_ns, packet))
            self._held_bytes += HELD_OVERHEAD
            return
        head = self._reader(side).cut_head(time_ns, packet)
        if self._reader(side).gap(length) or (head is not None and self._take_cut(side, head)):
            return
        if self._asked is None and (self._connect is None or self._held):
            self._settle_refused(False)
            self._stack.top = self._upgrades.lost(self._stack)
            self._release()
        else:
            self._answer_lost = True

    def _take_cut(self, side: int, head: Head) -> bool:
        """Take a head that was captured in part (a snap length does that to every long one)."""
        if head.is_response != (side == 1):
            return False
        self._no_head_yet = False
        if side == 0:
            self._settle_refused(False)
            if is_upgrade(head):
                self._ask(head)
            elif head.method == "CONNECT":
                self._note_request(head)
            else:
                self._cut_request = head
            return True
        waits = self._asked is not None or self._cut_request is not None
        if head.status == 101 and (waits or is_upgrade(head)):
            self._take_switch(head)
            return True
        if head.status is not None and head.status >= 200 and (self._asked or self._connect):
            self._take_response(head)
            return True
        return False

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Remember a FIN or RST, for the layer that takes over when a hole before it is filled."""
        self._ends.append((side, time_ns, reset))

    def finish(self) -> None:
        """Report an upgrade that was never answered."""
        if self._ends and self._no_head_yet:
            self._upgrades.unheard(self._stack)
        if self._asked is not None and self._answer_is_hidden():
            self._accept(True)
            top = self._stack.top
            if top is not None and top is not self:
                top.finish()
            return
        self._give_up()

    def _answer_is_hidden(self) -> bool:
        server = self._stack.stream.of(1)  # type: ignore[attr-defined]
        return bool(self._answer_lost or server.packets == 0)

    def _give_up(self) -> None:
        """Ask for no more bytes; an upgrade that waits stays unanswered."""
        self._settle_refused(True)
        if self._asked is not None:
            handshake, self._asked = self._asked, None
            self._upgrades.failed(self._stack, self._asked_number, handshake, True)
        self._stack.top = None


def _may_be_response(chunk: Chunk) -> bool:
    return (
        chunk.buffer[chunk.start : min(chunk.end, chunk.start + 5)]
        == b"HTTP/"[: min(chunk.end - chunk.start, 5)]
    )
