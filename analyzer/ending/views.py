"""What the API at each end would report: close code, reason, and whether it was clean.

RFC 6455, section 7.1.5: the code is that of the first Close *received by that endpoint*, so the two
ends may not agree. 1005 and 1006 exist only here, never on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from analyzer.ending.facts import Facts, is_strange
from analyzer.ending.rules import EndingKind, first_close, vanished_side, was_delivered
from analyzer.quick import maker
from analyzer.side import SIDES
from analyzer.websocket.close import FRAMINGS_WITH_CODE, CloseFrame, invalid_utf8_at
from analyzer.websocket.registry import FAILURE_CODES, CloseCode, is_legal_close_code


@dataclass(frozen=True, slots=True)
class View:
    """What one end would report.

    Attributes
    ----------
    code : int or None
        None where it cannot be told, or the version has no codes.
    reason : str
        Of the close frame that it received.
    was_clean : bool or None
        As ``CloseEvent.wasClean``; None where it cannot be told.
    certainty : str
        ``certain`` where the protocol leaves no choice, ``likely`` where most implementations
        agree, ``unknown`` otherwise.
    """

    code: int | None = None
    reason: str = ""
    was_clean: bool | None = None
    certainty: str = "unknown"


# Most connections look alike to those who hold them: of the latest ones, equal views are one.
_view = lru_cache(1024)(maker(View))
ABNORMAL = View(CloseCode.ABNORMAL_CLOSURE.value, "", False, "certain")
LIKELY_ABNORMAL = View(CloseCode.ABNORMAL_CLOSURE.value, "", False, "likely")
UNKNOWN = View()
NO_STATUS = CloseCode.NO_STATUS_RCVD.value


def view_of(  # noqa: PLR0911 - a list of rules
    facts: Facts, kind: EndingKind, side: int
) -> View:
    """Return what the API of `side` would report."""
    sent = facts.of(1 - side)
    if not facts.upgraded:
        # The server has no WebSocket yet; a browser reports 1006 (WHATWG WebSockets, section 2).
        return _coded(facts, ABNORMAL) if side == 0 and _upgrade_is_over(facts) else UNKNOWN
    close = sent.close
    if close is not None and was_delivered(facts, 1 - side) is not False:
        return _view_of_received(facts, side, close)
    if close is not None:
        return _coded(facts, LIKELY_ABNORMAL)
    if sent.close_hidden or not sent.captured:
        return UNKNOWN
    if _may_not_know(facts, side):
        return UNKNOWN
    if sent.segment_hidden:
        # What answers with a RST does not take what it answers.
        return _coded(facts, LIKELY_ABNORMAL)
    if facts.tcp_down or sent.fin is not None:
        return _coded(facts, ABNORMAL)
    if kind is EndingKind.VANISHED:
        gone = facts.reused_by if facts.reused_by is not None else vanished_side(facts)
        return UNKNOWN if gone == side else _coded(facts, LIKELY_ABNORMAL)
    return UNKNOWN


def _may_not_know(facts: Facts, side: int) -> bool:
    """Whether all that ended it is a RST in the name of `side` that a box may have sent."""
    own, other = facts.of(side), facts.of(1 - side)
    if other.fin is not None or other.rst is not None or own.fin is not None:
        return False
    return is_strange(own.rst)


def _upgrade_is_over(facts: Facts) -> bool:
    return facts.refused or facts.has_fin or facts.has_rst


def _view_of_received(facts: Facts, side: int, close: CloseFrame) -> View:
    own = facts.of(side).close
    first = first_close(facts)
    if own is not None and own.code in FAILURE_CODES and first in {SIDES[side], "both"}:
        # Whoever fails the connection reports 1006, whatever the other side answers (7.1.7).
        return _coded(facts, LIKELY_ABNORMAL)
    clean = _clean_at(facts, side)
    if facts.framing not in FRAMINGS_WITH_CODE:
        return _view(None, "", clean, "likely")
    if _is_illegal(close):
        # Some accept an illegal Close, others fail the connection and report 1006.
        return UNKNOWN
    if not close.complete:
        # With a code that was captured, only the end of the reason is missing.
        return _view(close.code, close.reason, clean, "unknown" if close.code is None else "likely")
    code = NO_STATUS if close.code is None else close.code
    certain = was_delivered(facts, 1 - side) and first in SIDES
    return _view(code, close.reason, clean, "certain" if certain else "likely")


def _is_illegal(close: CloseFrame) -> bool:
    """Whether a Close breaks a rule for its body (RFC 6455, section 5.5.1)."""
    bad_code = close.code is not None and not is_legal_close_code(close.code)
    if bad_code or not close.complete:
        return bad_code
    return len(close.body) == 1 or invalid_utf8_at(close.body[2:]) is not None


def _clean_at(facts: Facts, side: int) -> bool | None:
    """Whether this end saw TCP close after it had sent and received a Close."""
    own = facts.of(side)
    if own.close is None:
        if own.close_hidden or not own.captured:
            return None
        if _answer_may_have_gone(facts, side):
            return None
        return False if facts.tcp_down else None
    return True if facts.tcp_down else None


def _answer_may_have_gone(facts: Facts, side: int) -> bool:
    """Whether a side reset a stream of HTTP/2 that the other had ended behind its Close.

    Chromium does so where END_STREAM comes before its answer has left, and reports a clean end.
    """
    own, other = facts.of(side).h2, facts.of(1 - side).h2
    if own is None or other is None:
        return False
    return own.reset is not None and other.end_stream is not None


def _coded(facts: Facts, view: View) -> View:
    """Leave the code out where the version has none."""
    if facts.framing in FRAMINGS_WITH_CODE:
        return view
    return _view(None, "", view.was_clean, view.certainty)
