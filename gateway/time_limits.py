"""Time limits of many greenlets, looked at together; and how a long piece of work lets others have their turn.

In: begin(seconds), end(). Out: OutOfTime where one is passed. A timer of its own costs each wait 4 to 6 µs, and the hot
paths have three; a look at all of them now and then nothing.
"""

import time
from typing import Any

import gevent

LOOK_S = 0.05  # how late a limit may be noticed
_BREATH_S = 0.001


def give_way() -> None:
    """Others have their turn, sockets and timers too: with gevent.sleep(0) in a loop of 7 ms they waited 360 ms."""
    gevent.sleep(_BREATH_S)


class OutOfTime(BaseException):
    """Thrown into the greenlet that waits too long. Like gevent.Timeout it is not for `except Exception` to take."""


class TimeLimits:
    """For one kind of wait: a greenlet has one limit of each kind at a time. All on one thread."""

    def __init__(self) -> None:
        self._until: dict[Any, float] = {}
        self._timer: Any = None

    @property
    def watching(self) -> bool:
        return self._timer is not None

    def begin(self, limit_s: float) -> None:
        """From here to end() the current greenlet gets OutOfTime once `limit_s` seconds (and LOOK_S) are over."""
        self._until[gevent.getcurrent()] = time.monotonic() + limit_s
        if self._timer is None:
            self._timer = gevent.get_hub().loop.timer(LOOK_S, LOOK_S)
            self._timer.start(self._look)

    def end(self) -> None:
        self._until.pop(gevent.getcurrent(), None)

    def _look(self) -> None:
        """Runs in the hub: whoever still has a limit is waiting, and is thrown at where it waits."""
        now = time.monotonic()
        for greenlet in [greenlet for greenlet, until in self._until.items() if until <= now]:
            del self._until[greenlet]
            greenlet.throw(OutOfTime())
        if not self._until:
            self._timer.stop()
            self._timer.close()
            self._timer = None
