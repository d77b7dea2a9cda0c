"""One room's relations go one after the other, whichever replica sets them: two at once dead-locked large rooms.

In: a room's id. Out: a while in which nobody else, here or in another process, is in the same turn.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

import gevent
from gevent.lock import BoundedSemaphore

from gateway.errors import StoreError, SwitchUnavailable
from gateway.store import leases
from gateway.store.store import Store

log = logging.getLogger(__name__)
PREFIX = "relate:"
TURN_MS = 15_000  # a process that died in its turn holds up others for so long
WAIT_LIMIT_S = 20.0
POLL_S = 0.05


class RoomTurns:
    """A lease, not a lock: no transaction is open while the switch is asked. `owner` names this process."""

    def __init__(self, store: Store, owner: str, wait_limit_s: float = WAIT_LIMIT_S) -> None:
        self._store = store
        self._owner = owner
        self._wait_limit_s = wait_limit_s
        self._locks: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()

    @contextmanager
    def alone(self, room_id: str) -> Iterator[None]:
        """Raises SwitchUnavailable when another process does not come to an end with it, StoreError."""
        lock = self._locks.setdefault(room_id, BoundedSemaphore())
        with lock:
            self._take(room_id)
            try:
                yield
            finally:
                self._hand_on(room_id)

    def _take(self, room_id: str) -> None:
        name, deadline = PREFIX + room_id, time.monotonic() + self._wait_limit_s
        while not self._store.write(lambda uow: leases.take(uow.connection, name, self._owner, uow.now, TURN_MS)):
            if time.monotonic() > deadline:
                raise SwitchUnavailable("another gateway does not come to an end with who hears whom in this room")
            gevent.sleep(POLL_S)

    def _hand_on(self, room_id: str) -> None:
        try:
            self._store.write(lambda uow: leases.drop(uow.connection, self._owner, [PREFIX + room_id]))
        except StoreError as error:
            log.warning("%s: others wait until its lease is over: %s", room_id, error.message)
