"""Who waits for a reply, in the order in which they asked: replies and time limits come in and end their waits."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from gevent import hub
from gevent.event import Event

from gateway.errors import SwitchTimeout
from gateway.switch.replies import Reply

LOOK_S = 0.05  # how late a time limit may be noticed: one look at all costs less than a timer for each


class Waiter:
    """The place of one command in the order of replies. It is kept when the command gives up waiting.

    At most one greenlet waits, so gevent's own Waiter will do: an AsyncResult takes 5 µs more.
    """

    __slots__ = ("_greenlets", "abandoned", "deadline", "on_reply", "over")

    def __init__(self, on_reply: Callable[[Reply], None] | None) -> None:
        self.on_reply = on_reply
        self.over = False
        self.abandoned = False
        self.deadline = math.inf
        self._greenlets: Any = hub.Waiter()

    def take(self, reply: Reply) -> None:
        if self.on_reply is not None:
            self.on_reply(reply)
        self.end(reply)

    def end(self, reply: Reply | None) -> None:
        """None: it came to nothing within the limit."""
        self.over = True
        gevent.get_hub().loop.run_callback(self._greenlets.switch, reply)

    def fail(self, error: Exception) -> None:
        self.over = True
        gevent.get_hub().loop.run_callback(self._greenlets.throw, error)

    def get(self) -> Reply | None:
        reply: Reply | None = self._greenlets.get()
        return reply


class Waiters:
    """`watch` runs on a greenlet of its own until `end`."""

    def __init__(self) -> None:
        self._waiters: deque[Waiter] = deque()
        self._limited = Event()  # somebody waits who has a limit
        self._ended = False

    def add(self, on_reply: Callable[[Reply], None] | None) -> Waiter:
        waiter = Waiter(on_reply)
        self._waiters.append(waiter)
        return waiter

    def next(self) -> Waiter | None:
        """Whose the next reply is; None: nobody's."""
        return self._waiters.popleft() if self._waiters else None

    def wait(self, waiter: Waiter, limit_s: float, deadline: float) -> Reply:
        """Its reply; SwitchTimeout at `deadline` (monotonic), and when the connection is lost before."""
        waiter.deadline = deadline
        if not self._limited.is_set():
            self._limited.set()
        try:
            reply = waiter.get()
        finally:
            # An abandoned waiter stays in the queue: its late reply must not be read by the next command.
            if not waiter.over:
                waiter.abandoned = True
        if reply is None:
            raise SwitchTimeout(f"no reply within {limit_s:g} s; it may have run")
        return reply

    def watch(self) -> None:
        while not self._ended:
            waiting = [waiter for waiter in self._waiters if waiter.deadline < math.inf and not waiter.abandoned]
            if not waiting:
                self._limited.clear()
                self._limited.wait()
                continue
            now = time.monotonic()
            for waiter in waiting:
                if waiter.deadline <= now:
                    waiter.abandoned = True
                    waiter.end(None)
            gevent.sleep(LOOK_S)

    def end(self, error: Callable[[], Exception]) -> None:
        """No reply will come any more."""
        self._ended = True
        self._limited.set()
        while waiter := self.next():
            if not waiter.abandoned:
                waiter.fail(error())
