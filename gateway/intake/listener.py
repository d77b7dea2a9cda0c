"""Drains one node's stream: events become happenings, applied in group commits; marks and jobs drive reconcile.

The one writer of what the switch owns. It must outlive anything: what fails alone is logged, counted, skipped.
"""

import logging
import math
import time
from collections.abc import Callable

import gevent

from gateway.domain.happenings import Happening
from gateway.errors import LeaseLost, StoreUnavailable, SwitchError
from gateway.intake.snapshots import Snapshots
from gateway.intake.translate import Event, is_known, translate
from gateway.services.reactions import Reactions, needs_of
from gateway.services.tenure import Lease, Whose
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.node import Node
from gateway.switch.stream import Connected, Disconnected, StreamItem

log = logging.getLogger(__name__)
MAX_BATCH = 500
DRAIN_TIMEOUT_S = 0.5
SOON_S = 0.02
STORE_RETRY_S = 0.5
ERROR_WAIT_S = 0.1
NOT_YET = -math.inf
STOP_LIMIT_S = 10.0
AGAIN_S = 1.0


class Listener:
    """Events are applied while this process holds the node's `lease`. While that cannot be known they wait in the

    stream; what another process is to apply is let go of, and counted in `left`.
    """

    def __init__(
        self,
        node: Node,
        store: Store,
        reactions: Reactions,
        snapshots: Snapshots,
        lease: Lease,
        reconcile_interval_s: float,
        on_lost: Callable[[str], None] = lambda _node_id: None,
    ) -> None:
        self.node = node
        self._store = store
        self._reactions = reactions
        self._snapshots = snapshots
        self._lease = lease
        self._interval_s = reconcile_interval_s
        self._on_lost = on_lost
        self._stint: int | None = None  # under which the events so far were applied; None: under none
        self._connected = False
        self._asked_at = NOT_YET  # by time.monotonic(): nobody sets it back
        self._greenlet: gevent.Greenlet | None = None
        self._stopping = False
        self.waits = False
        self.applied = self.skipped = self.unknown = self.left = 0

    @property
    def holds(self) -> bool:
        return self._lease.whose() is Whose.MINE

    @property
    def reconciled_at(self) -> int:
        """When this process last compared the node with the store, in ms; 0: never."""
        return self._snapshots.reconciled_at

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        self._stopping = True
        if self._greenlet is not None:
            self._greenlet.join(timeout=STOP_LIMIT_S)

    def _run(self) -> None:
        while not self._stopping:
            try:
                # A snapshot that could not be asked yet is asked soon: the node is about to be connected.
                unasked = self._connected and self._asked_at == NOT_YET
                self._turn(self.node.drain(MAX_BATCH, SOON_S if unasked else DRAIN_TIMEOUT_S))
            except Exception:  # noqa: BLE001 - this loop must outlive anything
                self.skipped += 1
                log.exception("node %s: a turn of the listener failed", self.node.id)
                gevent.sleep(ERROR_WAIT_S)

    def _turn(self, items: list[StreamItem]) -> None:
        taken_over = self._outwait()
        if self._lease.whose() is not Whose.MINE:
            self._leave(items)
            self._stint = None
            return
        before, self._stint = self._stint, self._lease.stint()
        if before not in (None, self._stint):
            # Another had the node meanwhile. All that waits is older than what it has told.
            self._leave(items + self.node.drain(self.node.backlog, 0))
            items = []
        taken_over |= before != self._stint
        if taken_over:
            self._snapshots.saw_nothing()
        applied = self.applied
        try:
            self._take_items(items)
        except LeaseLost as error:
            log.warning("node %s: %s", self.node.id, error.message)
            self._leave(items, self.applied - applied)
            return
        self.waits = False
        if self._connected and (taken_over or self._is_due()):
            self._ask()

    def _leave(self, items: list[StreamItem], applied: int = 0) -> None:
        """To the process that holds the lease, or to reconcile."""
        events = sum(isinstance(item, dict) for item in items) - applied
        self.left += events
        self.waits = False
        if events and self._stint is not None:
            log.warning("node %s: the lease was lost, %d events were left to reconcile", self.node.id, events)
        if any(isinstance(item, Disconnected) for item in items):
            self._on_lost(self.node.id)
        self._connected = _last_mark(items, self._connected)

    def _outwait(self) -> bool:
        """While nobody can know whose the node is, nothing is drained or applied. Whether there was such a while."""
        if self._lease.whose() is not Whose.UNKNOWN:
            return False
        log.warning("node %s: its lease has lapsed while the database was away: its events wait", self.node.id)
        self.waits = True
        while self._lease.whose() is Whose.UNKNOWN and not self._stopping:
            gevent.sleep(STORE_RETRY_S)
        return True

    def _take_items(self, items: list[StreamItem]) -> None:
        events: list[Event] = []
        for item in items:
            if isinstance(item, dict):
                events.append(item)
                continue
            self._take(events)
            events = []
            self._mark(item)
        self._take(events)

    def _mark(self, mark: Connected | Disconnected) -> None:
        self._connected = isinstance(mark, Connected)
        self._snapshots.forget()
        if isinstance(mark, Connected):
            log.info("node %s: connected", mark.node_id)
            self._snapshots.saw_nothing()
            self._ask()
        else:
            log.warning("node %s: disconnected: %s", mark.node_id, mark.reason)
            self._on_lost(mark.node_id)

    def _is_due(self) -> bool:
        """Every interval; sooner, then ever later, after a pass that had to leave something for the next."""
        pause_s = self._interval_s
        if self._snapshots.unfinished:
            pause_s = min(pause_s, AGAIN_S * 2 ** min(self._snapshots.unfinished - 1, 16))
        return time.monotonic() - self._asked_at >= pause_s

    def _ask(self) -> None:
        """Asked on the event connection, so that the answer stands in the stream where it belongs (house rule 4a)."""
        self._asked_at = time.monotonic()
        try:
            self._snapshots.ask(self.node)
        except SwitchError as error:
            self._asked_at = NOT_YET  # at the next turn, then
            log.debug("node %s: snapshot not asked: %s", self.node.id, error.message)

    def _take(self, events: list[Event]) -> None:
        """Events up to a snapshot's answer are committed before it is compared."""
        batch: list[Event] = []
        for event in _in_order(events):
            if event.get("Event-Name") == "BACKGROUND_JOB" and self._snapshots.awaits(event):
                self._commit(batch)
                batch = []
                self._compare(event)
            else:
                batch.append(event)
        self._commit(batch)

    def _compare(self, event: Event) -> None:
        """A list that cannot be compared (the socket drops, the database is away) is asked for again soon."""
        try:
            self._snapshots.answer(self.node, event)
        except Exception as error:  # noqa: BLE001 - the events behind it in the batch must not be lost with it
            self.skipped += not isinstance(error, StoreUnavailable | LeaseLost)
            self._asked_at = time.monotonic() - self._interval_s + AGAIN_S
            self._snapshots.forget()
            log.exception("node %s: a snapshot could not be compared", self.node.id)

    def _commit(self, events: list[Event]) -> None:
        happenings = [happening for event in events if (happening := self._translated(event)) is not None]
        self._snapshots.touch(happenings)
        if happenings and not self._apply(happenings):
            log.warning("node %s: %d happenings run one by one", self.node.id, len(happenings))
            for happening in happenings:
                if not self._apply([happening]):
                    self.skipped += 1
                    log.error("node %s: skipped %r", self.node.id, happening)

    def _translated(self, event: Event) -> Happening | None:
        try:
            happening = translate(event, self.node.id)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            self.skipped += 1
            log.warning("node %s: event not understood (%r): %.300r", self.node.id, error, event)
            return None
        if happening is None and not is_known(event):
            self.unknown += 1
        return happening

    def _apply(self, happenings: list[Happening]) -> bool:
        """False when one of them cannot be applied; waits while the database takes nothing, for then none can."""

        def work(uow: UnitOfWork) -> None:
            self._lease.confirm(uow)
            for happening in happenings:
                self._reactions.apply(uow, happening)

        while True:
            try:
                self._store.write(work, needs_of(happenings))
            except StoreUnavailable as error:
                log.warning("node %s: %d happenings wait", self.node.id, len(happenings), exc_info=error)
                self._wait()
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001 - tried again one by one, where each is judged
                log.warning("node %s: a batch was rolled back: %r", self.node.id, error)
                return False
            else:
                self.waits = False
                self.applied += len(happenings)
                return True

    def _wait(self) -> None:
        """Until it may be tried again. Raises LeaseLost when it may not."""
        self.waits = True
        if not self._stopping:
            gevent.sleep(STORE_RETRY_S)
        self._outwait()
        if self._stopping:
            raise LeaseLost("the gateway stops, and lets go of its leases")
        if self._lease.whose() is not Whose.MINE or self._lease.stint() != self._stint:
            raise LeaseLost("another process took the node over while the database was away")


def _in_order(events: list[Event]) -> list[Event]:
    """By Event-Sequence: above 10,000 waiting events the switch sends from two threads (freeswitch-facts.md)."""
    numbers = [_sequence(event) for event in events]
    if all(a <= b for a, b in zip(numbers, numbers[1:], strict=False)):
        return events
    return [events[index] for index in sorted(range(len(events)), key=numbers.__getitem__)]


def _sequence(event: Event) -> int:
    text = event.get("Event-Sequence")
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 20 else 0


def _last_mark(items: list[StreamItem], before: bool) -> bool:
    for item in items:
        if not isinstance(item, dict):
            before = isinstance(item, Connected)
    return before
