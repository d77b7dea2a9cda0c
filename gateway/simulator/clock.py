"""Timers of the model: what happens later, in order of its time, in one greenlet; no model code ever yields."""

import heapq
import logging
import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event as Wakeup

log = logging.getLogger(__name__)


class Timer:
    """One thing that will happen; cancel() keeps it from happening."""

    __slots__ = ("args", "at", "cancelled", "order", "run")

    def __init__(self, at: float, order: int, run: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.at, self.order, self.run, self.args = at, order, run, args
        self.cancelled = False

    def __lt__(self, other: "Timer") -> bool:
        return (self.at, self.order) < (other.at, other.order)

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """A heap of timers and the greenlet that runs them."""

    fair_share_s = 0.01  # how long due timers may run before the sockets get their turn

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._order = 0
        self._wakeup = Wakeup()
        self._greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill()
            self._greenlet = None
        self._heap.clear()

    @staticmethod
    def now() -> float:
        return time.monotonic()

    def after(self, delay_s: float, run: Callable[..., object], *args: Any) -> Timer:
        self._order += 1
        timer = Timer(time.monotonic() + delay_s, self._order, run, args)
        heapq.heappush(self._heap, timer)
        if self._heap[0] is timer:
            self._wakeup.set()
        return timer

    def _run(self) -> None:
        while True:
            self._wakeup.clear()
            wait_s = self._heap[0].at - time.monotonic() if self._heap else None
            if wait_s is None or wait_s > 0:
                self._wakeup.wait(wait_s)
            self._run_due()
            gevent.sleep(0)

    def _run_due(self) -> None:
        started = now = time.monotonic()
        while self._heap and self._heap[0].at <= now and now - started < self.fair_share_s:
            timer = heapq.heappop(self._heap)
            if not timer.cancelled:
                try:
                    timer.run(*timer.args)
                except Exception:
                    log.exception("a timer of the simulated switch failed: %r", timer.run)
            now = time.monotonic()
