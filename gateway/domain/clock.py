"""Time, as everything in the house tells it: integers of milliseconds since the epoch, UTC."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int: ...


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def iso_ms(at_ms: int) -> str:
    """2026-05-06T12:34:56.123Z, the form of webhooks (RFC 3339)."""
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


def iso_s(at_ms: int) -> str:
    """2026-05-06T12:34:56Z, the form of lists in the native API."""
    return f"{_second(at_ms // 1000)}Z"


@lru_cache(maxsize=1024)
def _second(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")
