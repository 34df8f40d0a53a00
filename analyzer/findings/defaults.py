"""Known defaults of timers: what fits one is consistent with it, never a proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Default(NamedTuple):
    """A default that is known.

    Attributes
    ----------
    seconds : float
        How long the timer runs.
    who : str
        Whose it is, by its name there.
    short : str
        Whose it is, where there is little room; empty for the same.
    """

    seconds: float
    who: str
    short: str = ""


# Nothing was sent for so long. From the documentation or the source code of each. They count the
# silence of both sides; nginx, too: its documentation speaks of the proxied server's alone, but
# behind an upgrade whatever either side sends starts its timer anew (recorded with 1.22).
IDLE = (
    Default(20, "websockets (Python) ping_timeout, 20 s", "websockets (Python)"),
    Default(30, "Deno idleTimeout, 30 s", "Deno"),
    Default(55, "Heroku router, 55 s", "Heroku router"),
    Default(60, "nginx proxy_read_timeout, 60 s", "nginx"),
    Default(60, "AWS ALB idle timeout, 60 s", "AWS ALB"),
    Default(60, "Akka HTTP idle-timeout, 60 s", "Akka HTTP"),
    Default(100, "Cloudflare, 100 s", "Cloudflare"),
    Default(300, "Envoy stream idle timeout, 5 min", "Envoy"),
    Default(300, "Azure Front Door idle timeout, 5 min", "Azure Front Door"),
    Default(300, "Jetty idle timeout, 5 min", "Jetty"),
    Default(350, "AWS NLB TCP idle timeout, 350 s", "AWS NLB"),
    Default(
        600, "AWS API Gateway or CloudFront idle timeout, 10 min", "AWS API Gateway, CloudFront"
    ),
)
# Open for so long, whatever was sent.
LIFETIME = (
    Default(15, "Envoy route timeout, 15 s", "Envoy route timeout"),
    Default(7200, "AWS API Gateway maximum duration, 2 h", "AWS API Gateway"),
    Default(14400, "Azure Front Door maximum duration, 4 h", "Azure Front Door"),
)
# Waited so long for the answer to a Close. Of browsers: as recorded in 2026.
CLOSE_ANSWER = (
    Default(2, "Zephyr, 2 s", "Zephyr"),
    Default(3, "Play closeTimeout, 3 s", "Play"),
    Default(5, "WebKitGTK, 5 s", "WebKitGTK, for the answer"),
    Default(10, "websockets (Python) close_timeout, 10 s", "websockets (Python)"),
    Default(10, "Vert.x client closing timeout, 10 s", "Vert.x"),
    Default(20, "Firefox, 20 s", "Firefox, for the answer"),
    Default(30, "ws (Node.js) closeTimeout, 30 s", "ws (Node.js)"),
    Default(60, "Chromium, 60 s", "Chromium, for the answer"),
    Default(240, "old WebKit and Blink, 4 min", "old WebKit and Blink"),
)
# Waited so long for the server to close TCP, once both had sent a Close.
TCP_CLOSE = (
    Default(1, "Firefox, 1 s", "Firefox, for the end of TCP"),
    Default(2, "Chromium, 2 s", "Chromium, for the end of TCP"),
    Default(10, "websockets (Python) close_timeout, 10 s", "websockets (Python)"),
    Default(30, "ws (Node.js) closeTimeout, 30 s", "ws (Node.js)"),
)

# Timers fire late rather than early; proxies look at theirs now and then.
EARLY, WIDE, WIDE_S = 0.99, 0.02, 0.1


def window(timer: float) -> tuple[float, float]:
    """Return from when to when, in seconds, a timer that runs for so long may fire.

    Examples
    --------
    >>> window(100)
    (99.0, 102.1)
    """
    return EARLY * timer, (1 + WIDE) * timer + WIDE_S


def fits(seconds: float, default: Default) -> bool:
    """Whether a timer of this default may have run for so long.

    Examples
    --------
    >>> [fits(seconds, Default(60, "")) for seconds in (59, 59.7, 61, 62)]
    [False, True, True, False]
    """
    low, high = window(default.seconds)
    return low <= seconds <= high


def known(seconds: float, defaults: Sequence[Default]) -> tuple[str, ...]:
    """Return whose default a timer of so long may be."""
    return tuple(one.who for one in defaults if fits(seconds, one))
