"""Rows delivered long ago are forgotten. In: a time. Out: how many went. One a process, called every minute or so.

There is no index for it, which each delivery would have to keep up. The table is walked by id, in small pieces, and
not again over what stays: dead letters, of which there may be any number. Those that were sent again, and all that was
delivered late, are found by the walk from the beginning, once an hour.
"""

import time

from gateway.store import outbox, outbox_sweep
from gateway.store.store import Store
from gateway.time_limits import give_way

LOOKED_AT_ONCE = 1000
WHOLE_EVERY_S = 3600.0


class Sweep:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._from = 0
        self._whole_at = 0.0  # monotonic

    def run(self, before_ms: int) -> int:
        if time.monotonic() >= self._whole_at:
            self._from, self._whole_at = 0, time.monotonic() + WHOLE_EVERY_S
        at, young, count, more = self._from, 0, 0, True
        while more:
            looked = self._look(before_ms, at)
            if looked.old:
                count += self._store.write(lambda uow, ids=looked.old: outbox_sweep.forget(uow, ids, outbox.DELIVERED))  # type: ignore[misc]
            at, young, more = looked.at, looked.young, looked.more
            give_way()
        self._from = young - 1 if young else at  # of the last piece alone: what is young before it was delivered late
        return count

    def _look(self, before_ms: int, after_id: int) -> outbox_sweep.Looked:
        return self._store.read(
            lambda connection: outbox_sweep.sweepable(connection, before_ms, after_id, LOOKED_AT_ONCE)
        )
