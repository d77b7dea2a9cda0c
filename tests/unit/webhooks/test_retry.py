"""What follows an attempt, case by case."""

import pytest

from gateway.webhooks.retry import (
    MAX_RETRY_AFTER_S,
    SCHEDULE_S,
    Attempt,
    Dead,
    Delivered,
    DisableEndpoint,
    RetryAt,
    judge,
)

NOW = 1_700_000_000_000


def _due(attempt: Attempt, number: int = 1, dice: float = 0.0) -> int:
    verdict = judge(attempt, number, NOW, lambda: dice)
    assert isinstance(verdict, RetryAt), verdict
    return verdict.due_at - NOW


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_delivered(status: int) -> None:
    assert judge(Attempt(status), 1, NOW, lambda: 0.0) == Delivered()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_these_are_retried(status: int) -> None:
    """408, 425, 429, 5xx, timeouts and connection errors are retried"""
    assert _due(Attempt(status)) == 5_000
    assert _due(Attempt(error="timeout: no answer in time")) == 5_000


@pytest.mark.parametrize("status", [100, 301, 302, 307, 400, 401, 403, 404, 405, 409, 422])
def test_other_answers_go_to_the_dead_letters(status: int) -> None:
    assert isinstance(judge(Attempt(status), 1, NOW, lambda: 0.0), Dead)


def test_410_disables_the_endpoint() -> None:
    assert isinstance(judge(Attempt(410), 1, NOW, lambda: 0.0), DisableEndpoint)


def test_what_cannot_be_sent_is_a_dead_letter_at_once() -> None:
    """nobody answered, and no later attempt could be another"""
    assert judge(Attempt(error="app-removed", final=True), 1, NOW, lambda: 0.0) == Dead("app-removed")


def test_schedule() -> None:
    """5 s, 30 s, 2 min, 10 min, 30 min, then hourly for 24 h, jittered"""
    waits = [_due(Attempt(500), number) // 1000 for number in range(1, 30)]
    assert waits == [5, 30, 120, 600, 1800] + [3600] * 24 == list(SCHEDULE_S)
    assert isinstance(judge(Attempt(500), 30, NOW, lambda: 0.0), Dead)
    assert 5_000 < _due(Attempt(500), 1, 0.99) <= 6_000


def test_retry_after_is_honoured() -> None:
    assert _due(Attempt(429, "", "77")) == 77_000
    assert _due(Attempt(503, "", "Tue, 14 Nov 2023 22:14:00 GMT")) == 40_000
    assert _due(Attempt(503, "", "1")) == 5_000
    assert _due(Attempt(503, "", "99999999999999999999")) == MAX_RETRY_AFTER_S * 1000


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e9", "Tue, 99 Foo 2023", "²", "Mon, 01 Jan 0001 00:00:00 +2359"])
def test_a_senseless_retry_after_is_ignored(nonsense: str) -> None:
    assert _due(Attempt(503, "", nonsense)) == 5_000
