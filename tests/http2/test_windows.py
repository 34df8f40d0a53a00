"""A window is used up and widened (RFC 9113, section 6.9)."""

from __future__ import annotations

from analyzer.http2.windows import Window


def test_when_a_window_was_used_up_is_kept_until_it_is_widened() -> None:
    window = Window(100)
    window.use(60, 5)
    assert (window.left, window.empty_since) == (40, 0)
    window.use(40, 6)
    window.use(0, 7)
    assert (window.left, window.empty_since) == (0, 6)
    window.widen(1)
    assert (window.left, window.empty_since) == (1, 0)


def test_a_smaller_setting_may_make_it_negative() -> None:
    # RFC 9113, section 6.9.2.
    window = Window()
    assert window.left == 65535
    window.widen(-70000)
    window.use(1, 9)
    assert (window.left, window.empty_since) == (-4466, 9)
    window.widen(4466)
    assert window.empty_since == 9
