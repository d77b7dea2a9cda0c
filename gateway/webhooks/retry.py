"""What follows an attempt. In: its outcome, its number, the time. Out: Delivered, RetryAt, Dead or DisableEndpoint."""

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from gateway.domain.values import frozen

# After the first attempt, the second, …: 5 s, 30 s, 2 min, 10 min, 30 min, then hourly for 24 h.
SCHEDULE_S = (5, 30, 120, 600, 1800) + (3600,) * 24
JITTER = 0.2  # a retry comes up to this part of its wait later, never earlier than the schedule says
SCHEDULE_MOST_S = sum(SCHEDULE_S) * (1 + JITTER)
MAX_RETRY_AFTER_S = 3600  # a receiver may put us off for an hour at a time, not for ever
RETRIED = frozenset({408, 425, 429})
GONE = 410


@frozen
class Attempt:
    """What came of one POST: a `status`, or 0 and the `error` that stood in its way.

    `final`: it was not sent and never can be.
    """

    status: int = 0
    error: str = ""
    retry_after: str = ""
    final: bool = False


@frozen
class Delivered:
    pass


@frozen
class RetryAt:
    due_at: int


@frozen
class Dead:
    """`exhausted`: by its last attempt, not by what the endpoint said."""

    reason: str
    exhausted: bool = False


@frozen
class DisableEndpoint:
    reason: str


Verdict = Delivered | RetryAt | Dead | DisableEndpoint
_DELIVERED = Delivered()


def judge(attempt: Attempt, number: int, now_ms: int, random: Callable[[], float]) -> Verdict:
    """`number` counts this attempt (1 is the first); `random` gives 0 <= x < 1."""
    if 200 <= attempt.status < 300:
        return _DELIVERED
    if attempt.status == GONE:
        return DisableEndpoint("the endpoint answered 410 Gone")
    if attempt.status and attempt.status not in RETRIED and attempt.status < 500:
        return Dead(f"the endpoint answered {attempt.status}")
    if attempt.final:
        return Dead(attempt.error)
    if number > len(SCHEDULE_S):
        last = attempt.error or f"the endpoint answered {attempt.status}"
        return Dead(f"gave up after {number} attempts: {last}", exhausted=True)
    wait_s = SCHEDULE_S[number - 1]
    wait_ms = int(wait_s * 1000 * (1 + JITTER * random()))
    asked_ms = retry_after_ms(attempt.retry_after, now_ms)
    return RetryAt(now_ms + max(wait_ms, min(asked_ms, MAX_RETRY_AFTER_S * 1000)))


def retry_after_ms(value: str, now_ms: int) -> int:
    """Retry-After in either of its forms, as milliseconds from now; 0 for none, past or nonsense."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:12]), MAX_RETRY_AFTER_S) * 1000
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0
    at = date if date.tzinfo else date.replace(tzinfo=UTC)
    try:
        return max(0, int(at.timestamp() * 1000) - now_ms)
    except (OverflowError, ValueError):
        return 0
