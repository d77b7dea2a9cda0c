"""health.py: an endpoint that fails in lane after lane is ill until one delivery arrives."""

import pytest

from gateway.webhooks.health import ILL_AFTER_LANES, Health


def fail(state: Health, lanes: int) -> list[bool]:
    return [state.failed((f"s:{number}",)) for number in range(lanes)]


def test_it_is_ill_after_so_many_lanes_and_says_so_once() -> None:
    state = Health()
    assert fail(state, ILL_AFTER_LANES + 2) == [False] * (ILL_AFTER_LANES - 1) + [True, False, False]
    assert state.ill
    assert state.succeeded() and not state.ill


def test_an_endpoint_that_is_gone_for_good_takes_no_more_memory() -> None:
    """It kept every lane that failed until the first success, which never came."""
    state = Health()
    fail(state, 10_000)
    assert len(state._failing) == ILL_AFTER_LANES


def test_it_knows_how_long_it_has_been_ill(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("gateway.webhooks.health.time.monotonic", lambda: now[0])
    state = Health()
    fail(state, ILL_AFTER_LANES - 1)
    now[0] = 200.0
    assert state.ill_for_s() == 0
    fail(state, ILL_AFTER_LANES)
    now[0] = 300.0
    fail(state, ILL_AFTER_LANES + 5)
    assert state.ill_for_s() == 100
    state.succeeded()
    assert state.ill_for_s() == 0
