"""A capture in which strangers try to harm whoever reads the report. Out: packets."""

from __future__ import annotations

from conversation import Conversation
from packets import Packet
from told import IN_A_HEAD, SECOND, START_NS, merged
from upgrade import upgrade
from wire import CLOSE, close_body, frame

MARK = "document.documentElement.dataset.owned=1"
REASONS = (
    f"<script>{MARK}</script>",
    f"</script><img src=x onerror={MARK}>",
    f"<!--<script>{MARK}",
    f"'\"><svg onload={MARK}>",
    "\x1b]0;owned\x07\x9b31mred\r\nline \u202etxt.exe",
    "{{ 7 * 7 }} ${7*7} \\u003cb\\u003e",
    "a|b `c` @everyone #1 [x](http://x.example) www.x.example",
    "```\n# heading\n```",
    "\u2028\u2029\x00\x1e\x1f\t",
)


def attacks() -> list[Packet]:
    """Let every reason be sent, also as path and in headers."""
    return merged(*(_attack(number, reason) for number, reason in enumerate(REASONS)))


def _attack(number: int, reason: str) -> list[Packet]:
    talk = Conversation(("10.0.0.1", 40000 + number), start_ns=START_NS + number * SECOND)
    words = reason.translate(dict.fromkeys(range(33), "_")).encode().decode("latin-1")
    headers = [("Origin", f"http://{words}"), ("User-Agent", f"{IN_A_HEAD} {words}")]
    asked = upgrade(path=f"/{words}", host=words, protocol=words, request_headers=headers)
    talk.handshake().upgrade(asked)
    talk.server(frame(CLOSE, close_body(1001, reason)))
    return talk.rst("client").packets
