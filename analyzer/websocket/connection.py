"""The layer behind an accepted upgrade: two decoders, and what to do where bytes are missing."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.http.handshake import OpeningHandshake
from analyzer.side import Side
from analyzer.stream.layer import Chunk, Layer, Stack
from analyzer.websocket.decoder import FrameDecoder
from analyzer.websocket.finder import FrameFinder
from analyzer.websocket.hixie_finder import HixieFinder
from analyzer.websocket.log import FrameLog
from analyzer.websocket.negotiation import (
    first_byte_framing,
    make_decoder,
    make_finder,
    may_be_hybi_01,
)


class WebSocketLayer(Layer):
    """Decodes the frames of both sides.

    Parameters
    ----------
    stack : Stack
        Where the layer stands.
    number : int
        The connection's number.
    handshake : OpeningHandshake or None
        None for a connection that began before the capture.
    log : FrameLog
        Takes the frames.
    seen_from : str
        ``syn``, ``upgrade`` or ``midstream``.
    finished : callable
        Called with this layer when nothing follows.
    """

    def __init__(
        self,
        stack: Stack,
        number: int,
        handshake: OpeningHandshake | None,
        log: FrameLog,
        seen_from: str,
        finished: Callable[[WebSocketLayer], None],
    ) -> None:
        self.stack = stack
        self.number = number
        self.handshake = handshake
        self.log = log
        self.client_log = log.client
        self.server_log = log.server
        self.seen_from = seen_from
        self.undecided = handshake is not None and may_be_hybi_01(handshake)
        self.first_data_at = 0
        self.client: FrameDecoder = make_decoder(0, log, handshake)
        self.server: FrameDecoder = make_decoder(1, log, handshake)
        self.client_finder: FrameFinder | HixieFinder | None = None
        self.server_finder: FrameFinder | HixieFinder | None = None
        self.finished = finished

    def data(self, side: int, chunk: Chunk) -> None:
        """Take the next bytes of a side."""
        if self.undecided and not (self.server if side else self.client).lost:
            self.decide(chunk)
        log = self.server_log if side else self.client_log
        log.bytes += chunk.end - chunk.start
        decoder = self.server if side else self.client
        if decoder.lost:
            self.search(side, chunk)
            return
        decoder.data(chunk)
        self.check(side, decoder)

    def check(self, side: int, decoder: FrameDecoder) -> None:
        """Begin to search if a decoder has lost its place."""
        if decoder.lost:
            self.lose(side, decoder)

    def decide(self, chunk: Chunk) -> None:
        """Tell hixie-76 from hybi-01 by the first byte."""
        self.undecided = False
        framing = first_byte_framing(chunk.buffer[chunk.start])
        if framing is not self.log.framing:
            self.log.framing = framing
            client_lost, server_lost = self.client.lost, self.server.lost
            self.client = make_decoder(0, self.log, self.handshake)
            self.server = make_decoder(1, self.log, self.handshake)
            self.client.lost, self.server.lost = client_lost, server_lost
            self.client_finder = self.server_finder = None

    def gap(self, side: int, length: int, time_ns: int, packet: int) -> None:
        """Pass over bytes that the capture does not hold."""
        log = self.log.of(side)
        if length and time_ns:
            log.bytes += length
            plural = "" if length == 1 else "s"
            self.log.anomalies.add(
                "capture_gap", Side(side), time_ns, packet, f"{length} byte{plural} missing"
            )
        decoder = self.server if side else self.client
        if decoder.lost:
            self.gap_in_search(side, length)
            return
        cut = decoder.interrupted_close()
        if not decoder.gap(length):
            if cut:
                self.log.note_close(log, decoder, decoder.interrupted_body(), False)
            self.lose(side, decoder)

    def gap_in_search(self, side: int, length: int) -> None:
        """Take a gap while it is not known where a frame begins."""
        finder = self.server_finder if side else self.client_finder
        if finder is None or not finder.gap(length):
            return
        self.go_on(side, finder)
        decoder = self.server if side else self.client
        if not decoder.lost and not decoder.gap(length):
            self.lose(side, decoder)

    def lose(self, side: int, decoder: FrameDecoder) -> None:
        """Begin to search for the next frame."""
        log = self.log.of(side)
        if self.log.messages is not None:
            self.log.messages.lost(side)
        # Behind a close frame nothing is asked any more.
        log.hidden = log.close is None
        finder = make_finder(decoder, self.log.framing, log.frames)
        if side:
            self.server_finder = finder
        else:
            self.client_finder = finder

    def search(self, side: int, chunk: Chunk) -> None:
        """Go on as soon as it is certain where a frame begins."""
        finder = self.server_finder if side else self.client_finder
        log = self.log.of(side)
        log.hidden_bytes += chunk.end - chunk.start
        if finder is None or not finder.data(chunk):
            log.hidden = log.close is None
            return
        self.go_on(side, finder)

    def go_on(self, side: int, finder: FrameFinder | HixieFinder) -> None:
        """Decode from the frame that a finder has found."""
        log = self.log.server if side else self.log.client
        best = finder.best
        found = finder.take()
        if best is None or not found:
            return
        for one in found:
            log.hidden_bytes -= one.end - one.start
        self.resume(side, found, best.frames, min(best.bits, best.needed))

    def resume(self, side: int, found: list[Chunk], frames: int, bits: float) -> None:
        """Decode from the first byte of `found`, which begins a frame."""
        decoder = self.server if side else self.client
        log = self.log.of(side)
        log.hidden = False
        decoder.resume()
        self.log.anomalies.add(
            "decoding_resumed",
            Side(side),
            found[0].time_ns,
            found[0].packet,
            f"{frames} frame{'' if frames == 1 else 's'} in a row, by chance once in 2^{int(bits)}",
        )
        for chunk in found:
            if not decoder.lost:
                decoder.data(chunk)
        self.check(side, decoder)

    def start_midstream(self, finders: list[FrameFinder]) -> None:
        """Begin with what was found in a stream that is older than the capture.

        Parameters
        ----------
        finders : list of FrameFinder
            Of the client, and of the server.
        """
        for side, finder in enumerate(finders):
            log = self.log.server if side else self.log.client
            decoder = self.server if side else self.client
            best = finder.best
            found = finder.take() if best is not None and best.frames else []
            if best is not None and found:
                for chunk in found:
                    log.bytes += chunk.end - chunk.start
                self.resume(side, found, best.frames, min(best.bits, best.needed))
                continue
            decoder.lost = True
            fresh = make_finder(decoder, self.log.framing, 0)
            if side:
                self.server_finder = fresh
            else:
                self.client_finder = fresh
            for chunk in finder.kept():
                self.data(side, chunk)
            # A close frame may have been among what was not recognised.
            log.hidden = log.hidden or (finder.discarded and log.close is None)

    def shutdown(self, side: int, time_ns: int, reset: bool) -> None:
        """Take note that a side sent its FIN, or a RST that counts."""
        self.log.begin_end(side, time_ns, reset)

    def finish(self) -> None:
        """Report what is known: nothing follows."""
        self.finish_side(0, self.client, self.client_finder)
        self.finish_side(1, self.server, self.server_finder)
        self.finished(self)

    def finish_side(
        self, side: int, decoder: FrameDecoder, finder: FrameFinder | HixieFinder | None
    ) -> None:
        """Take what a finder still holds, and note a frame that never became whole."""
        if decoder.lost and finder is not None and finder.finish():
            self.go_on(side, finder)
        if decoder.in_frame and not decoder.lost:
            self.note_unfinished(decoder)

    def note_unfinished(self, decoder: FrameDecoder) -> None:
        """Take note of a frame that never became whole."""
        log = self.log.of(decoder.side)
        if decoder.interrupted_close() and log.close is None:
            self.log.note_close(log, decoder, decoder.interrupted_body(), False)
        name = "close_truncated" if decoder.may_be_close() else "frame_cut_off"
        self.log.oddity(decoder, name, "the stream ends inside a frame")
