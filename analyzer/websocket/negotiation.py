"""Which framing an opening handshake leads to, and the decoders that read it.

The first bytes of frames are ambiguous (0x81 from a server is a Close in hybi-04 and a text in
hybi-07), so the handshake decides: the version header, else the draft header, else the keys.
"""

from __future__ import annotations

from analyzer.http.handshake import OpeningHandshake
from analyzer.websocket.decoder import FrameDecoder
from analyzer.websocket.deflate import (
    ANY_RSV,
    DeflateStreamDecoder,
    extension_names,
    reserved_bits,
)
from analyzer.websocket.early import EarlyHybiDecoder
from analyzer.websocket.finder import FrameFinder
from analyzer.websocket.hixie import HixieDecoder
from analyzer.websocket.hixie_finder import HixieFinder
from analyzer.websocket.hybi import HybiDecoder
from analyzer.websocket.log import FrameLog
from analyzer.websocket.registry import Framing

BY_VERSION = {4: Framing.HYBI_04, 5: Framing.HYBI_05, 6: Framing.HYBI_06}
# hybi-02 named itself 2, and so did hybi-03; 3 occurs as well.
BY_DRAFT = {"1": Framing.HYBI_01, "2": Framing.HYBI_02, "3": Framing.HYBI_03}


def version_number(handshake: OpeningHandshake) -> int:
    """Return ``Sec-WebSocket-Version`` as a number, 0 where there is none."""
    version = handshake.version or ""
    if version == "13":  # as by far most
        return 13
    version = version.strip()
    return int(version) if version.isdecimal() and len(version) < 4 else 0


def choose_framing(handshake: OpeningHandshake) -> Framing:  # noqa: PLR0911 - a list of rules
    """Return the framing that follows an accepted handshake.

    hybi-01 without a draft header looks like hixie-76 here; `first_byte_framing` tells them apart.
    """
    version = version_number(handshake)
    if version:
        return BY_VERSION.get(version, Framing.RFC_6455)
    draft = handshake.field("sec-websocket-draft")
    if draft is not None:
        return BY_DRAFT.get(draft.strip(), Framing.HYBI_03)
    if handshake.field("sec-websocket-key1") is not None:
        return Framing.HIXIE_76
    if handshake.answer("sec-websocket-nonce") is not None:
        return Framing.HYBI_04
    if handshake.answer("sec-websocket-accept") is not None or handshake.field("sec-websocket-key"):
        return Framing.RFC_6455
    if handshake.answer("sec-websocket-location") is not None:
        return Framing.HIXIE_76
    if handshake.answer("websocket-location") is not None or handshake.answer("websocket-origin"):
        return Framing.HIXIE_75
    if handshake.cut or handshake.request is None:
        return Framing.RFC_6455
    return Framing.HIXIE_75


def may_be_hybi_01(handshake: OpeningHandshake) -> bool:
    """Whether the first frame has to tell hixie-76 and hybi-01 apart."""
    return (
        handshake.field("sec-websocket-key1") is not None
        and not version_number(handshake)
        and handshake.field("sec-websocket-draft") is None
    )


def first_byte_framing(byte: int) -> Framing:
    """Tell hixie-76 and hybi-01 apart by the first byte of the first frame."""
    return Framing.HYBI_01 if byte & 0x7F in {1, 2, 3, 4, 5} else Framing.HIXIE_76


def make_decoder(side: int, log: FrameLog, handshake: OpeningHandshake | None) -> FrameDecoder:
    """Return the decoder of one side."""
    extensions = handshake.extensions if handshake else []
    decoder = _frame_decoder(side, log, handshake, extensions)
    if log.messages is not None:
        decoder.payload_to = log.messages.readers[side]
    if extensions and not log.framing.is_hixie and "deflate-stream" in extension_names(extensions):
        return DeflateStreamDecoder(decoder)
    return decoder


def _frame_decoder(
    side: int, log: FrameLog, handshake: OpeningHandshake | None, extensions: list[str]
) -> FrameDecoder:
    framing = log.framing
    if framing.is_hixie:
        return HixieDecoder(side, log, closes=framing is Framing.HIXIE_76)
    if framing is not Framing.RFC_6455:
        key = handshake.field("sec-websocket-key") if handshake else ""
        nonce = handshake.answer("sec-websocket-nonce") if handshake else ""
        secret = f"{key or ''}{nonce or ''}".encode("latin-1", "replace")
        # Without the server's nonce no key of draft 04 can be made: peers that leave it out were
        # seen to leave out the masking, too.
        unmasked = framing is Framing.HYBI_04 and nonce is None
        return EarlyHybiDecoder(side, log, framing, secret, unmasked=unmasked)
    whole = handshake is not None and handshake.response is not None and not handshake.cut
    bits = reserved_bits(extensions) if whole else ANY_RSV
    return HybiDecoder(side, log, log.version, bits)


def make_finder(
    decoder: FrameDecoder, framing: Framing, frames: int
) -> FrameFinder | HixieFinder | None:
    """Return what finds the next frame after a gap; None where nothing can."""
    if framing.is_hixie:
        return HixieFinder()
    if framing is Framing.RFC_6455 and isinstance(decoder, HybiDecoder):
        # Some clients do not mask: what a side did so far is what it will do.
        return FrameFinder(int(decoder.masked) if frames else -1, anywhere=True)
    return None
