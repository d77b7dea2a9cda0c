"""Tests never sleep for luck: they wait for a condition, and say why it is still false when the limit is over."""

import time
from collections.abc import Callable

import gevent


def wait_for(condition: Callable[[], object], why: str, limit_s: float = 5.0) -> None:
    """Until `condition()` is true; AssertionError with `why` after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"after {limit_s:g} s still not: {why}"
        gevent.sleep(0.002)
