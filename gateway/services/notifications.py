"""After the commit: effects in, their subscribers called, in order per lane, each lane on its own greenlet."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event

log = logging.getLogger(__name__)


class Notifications:
    """`subscribe` a handler to a type of effect; `publish` returns at once."""

    def __init__(self) -> None:
        self._handlers: dict[type, Callable[[Any], None]] = {}
        self._lanes: dict[str, deque[Any]] = {}
        self._idle = Event()
        self._idle.set()
        self.failed = 0

    def subscribe(self, kind: type, handler: Callable[[Any], None]) -> None:
        self._handlers[kind] = handler

    def settle(self, limit_s: float) -> bool:
        """Until every effect published so far is done: a command half sent would be one that may have run."""
        return bool(self._idle.wait(limit_s))

    def publish(self, effects: list[Any]) -> None:
        for effect in effects:
            lane = self._lanes.get(effect.lane)
            if lane is not None:
                lane.append(effect)
                continue
            self._lanes[effect.lane] = deque([effect])
            self._idle.clear()
            gevent.spawn(self._run, effect.lane)

    def _run(self, name: str) -> None:
        lane = self._lanes[name]
        while lane:
            effect = lane.popleft()
            try:
                self._handlers[type(effect)](effect)
            except Exception:  # noqa: BLE001 - the effects behind this one must still be done
                self.failed += 1
                log.exception("effect failed: %r", effect)
        del self._lanes[name]
        if not self._lanes:
            self._idle.set()
