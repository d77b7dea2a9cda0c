"""Work that takes a processor, or a place at a service. In: whose it is. Out: a place, or TimeoutError."""

import os
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from gevent.event import Event

_SPARE_OF = 4  # of as many places one is kept from each app, for the others


class Slots:
    """So many at once; who finds none free waits, `wait_s` at most.

    Apps have their turns one after the other, however much one of them asks for; and where there are four places or
    more none has them all, for some work is as slow as speech is heard.
    """

    def __init__(self, parallel: int, wait_s: float) -> None:
        self._free = parallel or os.cpu_count() or 1
        self._most = self._free - self._free // _SPARE_OF  # of one app
        self._wait_s = wait_s
        self._taken: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[Event]] = OrderedDict()  # by app, whose turn is next first

    @contextmanager
    def taken(self, app_id: str = "") -> Iterator[None]:
        self._enter(app_id)
        try:
            yield
        finally:
            self._leave(app_id)

    def _enter(self, app_id: str) -> None:
        turn = Event()
        self._waiting.setdefault(app_id, deque()).append(turn)
        self._hand_out()
        came = False
        try:
            came = bool(turn.wait(self._wait_s))
        finally:
            if not came:
                self._withdraw(app_id, turn)
        if not came:
            raise TimeoutError(f"still waiting for its turn after {self._wait_s:g} s")

    def _withdraw(self, app_id: str, turn: Event) -> None:
        """Also of one whose greenlet was killed just when its turn had come."""
        if turn.is_set():
            self._leave(app_id)
            return
        self._waiting[app_id].remove(turn)
        if not self._waiting[app_id]:
            del self._waiting[app_id]

    def _leave(self, app_id: str) -> None:
        self._free += 1
        self._taken[app_id] -= 1
        if not self._taken[app_id]:
            del self._taken[app_id]
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free and (app_id := self._next()) is not None:
            turn = self._waiting[app_id].popleft()
            if self._waiting[app_id]:
                self._waiting.move_to_end(app_id)
            else:
                del self._waiting[app_id]
            self._free -= 1
            self._taken[app_id] += 1
            turn.set()

    def _next(self) -> str | None:
        """The app whose turn it is, of those that do not have all that one may. What is no app's has no such bound."""
        return next((app_id for app_id in self._waiting if not app_id or self._taken[app_id] < self._most), None)
