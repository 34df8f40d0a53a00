from __future__ import annotations

from tls.driving import Driven


def test_stack_above_tells_of_tls_and_of_the_same_stream() -> None:
    driven = Driven()
    inner = driven.layer.plain._inner
    assert inner.stream is driven.stack.stream
    assert inner.below is driven.layer  # type: ignore[attr-defined]
    assert inner.session is driven.session  # type: ignore[attr-defined]
