"""What became of attempts, written in bulk. In: outcomes from posters. Out: one write for up to SETTLE_ROWS of them."""

import logging
from collections.abc import Callable

import gevent
from gevent.event import Event

from gateway.store import outbox
from gateway.store.outbox import Outcome
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs
from gateway.webhooks.lanes import Lanes

SETTLE_ROWS = 400
SETTLE_WAIT_S = 0.02
MAX_UNSETTLED = 2000  # what a crash may send twice; with more than this posting waits for the database
RETRY_WAIT_S = 1.0
log = logging.getLogger(__name__)


class Settler:
    """`add` returns at once; outcomes are gathered for SETTLE_WAIT_S, or until there are SETTLE_ROWS of them."""

    def __init__(self, store: Store, failed: Callable[[], None]) -> None:
        self._store = store
        self._failed = failed
        self._queue: list[tuple[Lanes, Outcome]] = []
        self._writing = 0
        self._some = Event()
        self._full = Event()
        self._room = Event()
        self._room.set()
        self._done = Event()
        self._done.set()
        self._greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def add(self, lanes: Lanes, outcome: Outcome) -> None:
        self._queue.append((lanes, outcome))
        self._done.clear()
        self._some.set()
        waiting = len(self._queue) + self._writing
        if waiting >= MAX_UNSETTLED:
            self._room.clear()
        if len(self._queue) >= SETTLE_ROWS:
            self._full.set()

    def wait_for_room(self) -> None:
        if not self._room.is_set():
            self._room.wait()

    def flush(self, limit_s: float) -> bool:
        """Until all that was added is written; False when that took too long."""
        self._full.set()
        return bool(self._done.wait(limit_s))

    def stop(self, limit_s: float) -> None:
        self.flush(limit_s)
        self.abandon()

    def abandon(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    def _run(self) -> None:
        while True:
            self._some.wait()
            if len(self._queue) < SETTLE_ROWS:
                self._full.wait(SETTLE_WAIT_S)
            self._full.clear()
            batch, self._queue = self._queue[:SETTLE_ROWS], self._queue[SETTLE_ROWS:]
            self._writing = len(batch)
            try:
                self._write(batch)
            except Exception as error:  # noqa: BLE001 - this loop must outlive anything (house rule 7)
                self._failed()
                log.error("%d outcomes could not be written; again in %g s", len(batch), RETRY_WAIT_S, exc_info=error)
                self._queue[:0] = batch
                gevent.sleep(RETRY_WAIT_S)
            self._writing = 0
            if len(self._queue) < MAX_UNSETTLED:
                self._room.set()
            if not self._queue:
                self._some.clear()
                self._done.set()

    def _write(self, batch: list[tuple[Lanes, Outcome]]) -> None:
        outcomes = [outcome for _, outcome in batch]
        # With the power gone before the disk has it, a webhook comes once more under its one id.
        self._store.write(lambda uow: outbox.settle(uow, outcomes), Needs(passing=True))
        ended: dict[int, tuple[Lanes, list[int]]] = {}
        for lanes, outcome in batch:
            if outcome.state != outbox.PENDING:
                ended.setdefault(id(lanes), (lanes, []))[1].append(outcome.id)
        for lanes, ids in ended.values():
            lanes.settled(ids)
