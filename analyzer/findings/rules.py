"""The rules, in the order in which their findings are told.

``--explain NAME`` prints what a rule's own docstring says: rule and text cannot drift apart.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import NamedTuple

from analyzer.anomaly import Anomaly
from analyzer.attempt import Attempt
from analyzer.capture.record import CaptureRecord
from analyzer.errors import UsageError
from analyzer.findings.close_content import (
    changed_codes,
    data_after_close,
    forbidden_codes,
    protocol_error,
)
from analyzer.findings.closing import close_overtaken, close_unanswered, half_closed, tcp_kept
from analyzer.findings.endpoint import endpoint_differs
from analyzer.findings.finding import Finding, Given
from analyzer.findings.half_open import half_open
from analyzer.findings.idle_timer import idle_timer, keepalive_race, maximum_age
from analyzer.findings.loss import loss
from analyzer.findings.mass_end import mass_end
from analyzer.findings.old_connections import old_still_open, reload
from analyzer.findings.outage import outage
from analyzer.findings.ping_timeout import ping_timeout
from analyzer.findings.reconnects import reconnects
from analyzer.findings.slow_reader import slow_reader
from analyzer.findings.trust import trust
from analyzer.findings.upgrade_failures import upgrade_refused, upgrade_unanswered, wrong_accept
from analyzer.findings.who_sent_rst import who_sent_rst
from analyzer.record import Connection


class Rule(NamedTuple):
    """How one finding is made.

    Attributes
    ----------
    name : str
        Of the finding.
    answers : str
        The question that it answers.
    find : callable
        From what was captured to findings of this name: none, or one for each group of connections.
    """

    name: str
    answers: str
    find: Callable[[Given], list[Finding]]


RULES: tuple[Rule, ...] = (
    Rule("mass-end", "Did many end at once: where, how, and for how long?", mass_end),
    Rule("endpoint-differs", "Which endpoint ends worse than others?", endpoint_differs),
    Rule("idle-timer", "Did an idle timer end connections, and whose?", idle_timer),
    Rule("keepalive-race", "Do pings race an idle timer?", keepalive_race),
    Rule("maximum-age", "Did a maximum age end connections, whatever was sent?", maximum_age),
    Rule("ping-timeout", "Did connections end for want of a pong, and why?", ping_timeout),
    Rule("slow-reader", "Did a side stop reading (zero window)?", slow_reader),
    Rule("outage", "Was a side not heard for a while, and then again?", outage),
    Rule("half-open", "Did one side vanish, and since when?", half_open),
    Rule("close-unanswered", "Was a Close never answered, and who waited?", close_unanswered),
    Rule("close-overtaken", "Was a Close overtaken by RST, so that 1006 is seen?", close_overtaken),
    Rule("tcp-not-closed", "Did the server not close TCP behind the Close frames?", tcp_kept),
    Rule("half-closed", "Did a side never close TCP behind the other's FIN?", half_closed),
    Rule("data-after-close", "Was anything sent behind a Close, and so lost?", data_after_close),
    Rule("close-code-forbidden", "Was a code sent that none may send?", forbidden_codes),
    Rule("close-code-changed", "Was a Close answered with another code?", changed_codes),
    Rule("protocol-error", "Which frame broke the protocol, and was it told?", protocol_error),
    Rule("who-sent-rst", "Who sent the RST, and what provoked it?", who_sent_rst),
    Rule(
        "reconnects",
        "Did clients come back in lockstep, in a storm, without back-off?",
        reconnects,
    ),
    Rule("old-still-open", "Was the old connection open when the new one came?", old_still_open),
    Rule("reload", "Did pages that were reloaded end connections?", reload),
    Rule("loss", "Were packets lost, and did that precede the end?", loss),
    Rule("upgrade-refused", "Which upgrades were refused, and with what?", upgrade_refused),
    Rule("upgrade-unanswered", "Which upgrades were never answered?", upgrade_unanswered),
    Rule("wrong-accept", "Did a server accept with a wrong proof?", wrong_accept),
    Rule("trust", "Is the capture whole, and which verdicts does that touch?", trust),
)
NAMES = tuple(rule.name for rule in RULES)


def find(
    connections: Sequence[Connection],
    captures: Sequence[CaptureRecord] = (),
    anomalies: Sequence[Anomaly] = (),
    attempts: Sequence[Attempt] = (),
) -> list[Finding]:
    """Return what stands out.

    Parameters
    ----------
    connections : sequence of Connection
        What was found, and chosen.
    captures : sequence of CaptureRecord
        What was read.
    anomalies : sequence of Anomaly
        Odd things that belong to no connection.
    attempts : sequence of Attempt
        TCP connections that were refused.

    Returns
    -------
    list of Finding
        In the order of the rules; empty where nothing stands out.
    """
    given = Given(connections, captures, anomalies, attempts)
    return [finding for rule in RULES for finding in rule.find(given)]


def explain(name: str) -> str:
    """Return how a finding is decided.

    Raises
    ------
    UsageError
        There is no such finding.
    """
    for rule in RULES:
        if rule.name == name:
            text = inspect.cleandoc(rule.find.__doc__ or "")
            import textwrap  # noqa: PLC0415 - for who asks

            paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
            wrapped = (textwrap.fill(part, 88) for part in paragraphs)
            return "\n\n".join([f"{rule.name}: {rule.answers}", *wrapped]) + "\n"
    raise UsageError(f"no finding is called {name!r}; there are {', '.join(NAMES)}")
