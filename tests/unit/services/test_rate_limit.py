"""The limit of all requests of an app together: contracts, "429 Rate limit exceeded (global or …)"."""

import pytest

from gateway.errors import CoolingDown
from gateway.services import rate_limit
from gateway.services.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def now_ms(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _taken(limit: RateLimit, app: str, most: int) -> int:
    """How many requests go through until one does not."""
    for count in range(most):
        try:
            limit.take(app)
        except CoolingDown:
            return count
    return most


def test_as_many_at_once_as_a_second_has(clock: Clock) -> None:
    limit = RateLimit(5, clock)
    assert _taken(limit, "a", 100) == 5
    assert _taken(limit, "b", 100) == 5, "each app has its own"
    clock.now += 200
    assert _taken(limit, "a", 100) == 1
    clock.now += 60_000
    assert _taken(limit, "a", 100) == 5, "what was not asked long ago is not saved up"


def test_it_says_how_long_to_wait_and_that_holds(clock: Clock) -> None:
    limit = RateLimit(2, clock)
    _taken(limit, "a", 2)
    clock.now += 100
    with pytest.raises(CoolingDown, match="2 a second") as refused:
        limit.take("a")
    assert refused.value.retry_after_ms == 400
    clock.now += 399
    with pytest.raises(CoolingDown):
        limit.take("a")
    clock.now += 1
    limit.take("a")


def test_a_refusal_counts_as_no_request(clock: Clock) -> None:
    limit = RateLimit(1, clock)
    assert _taken(limit, "a", 1) == 1
    for _ in range(50):
        with pytest.raises(CoolingDown):
            limit.take("a")
    clock.now += 1000
    limit.take("a")


def test_less_than_one_a_second(clock: Clock) -> None:
    limit = RateLimit(0.1, clock)
    assert _taken(limit, "a", 10) == 1
    clock.now += 9_999
    assert _taken(limit, "a", 10) == 0
    clock.now += 1
    assert _taken(limit, "a", 10) == 1


def test_zero_is_no_limit(clock: Clock) -> None:
    assert _taken(RateLimit(0, clock), "a", 10_000) == 10_000


def test_a_clock_that_is_set_back_shuts_nobody_out(clock: Clock) -> None:
    limit = RateLimit(2, clock)
    _taken(limit, "a", 2)
    clock.now -= 3_600_000
    clock.now += 1000
    limit.take("a")


def test_apps_that_are_quiet_are_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "APPS_KEPT", 3)
    limit = RateLimit(1, clock)
    for number in range(10):
        limit.take(f"app-{number}")
        clock.now += 1001
    assert len(limit._free_at) <= 3
