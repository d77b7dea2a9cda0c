"""Events out: finds endpoints with pending rows, takes a lease on each, and lets a courier deliver them.

In: wake() after a commit, and a look every poll_s for what other processes wrote. Out: POSTs, settled rows.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import gevent
from gevent import ssl
from gevent.event import Event
from prometheus_client import CollectorRegistry

from gateway.domain.apps import Endpoint
from gateway.domain.clock import Clock
from gateway.domain.deliveries import Fresh, Parcel
from gateway.media.names import LookUps
from gateway.store import leases, outbox
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.webhooks.connections import Refuses
from gateway.webhooks.courier import Courier
from gateway.webhooks.metrics import Metrics
from gateway.webhooks.office import Limits, Office, Signs
from gateway.webhooks.settling import Settler
from gateway.webhooks.slots import SLOW_AFTER_S, Slots, open_limit
from gateway.webhooks.sweeping import Sweep

PREFIX = "deliver:"
SWEEP_EVERY_S = 60.0
METRICS_EVERY_S = 5.0
LEASES_AT_ONCE = 200
IDLE_S = 60.0
ERROR_WAIT_S = 1.0
# What is kept in memory of rows just committed, by all couriers together: the rest is read when it is its turn.
FRESH_ROWS = 20_000
FRESH_BYTES = 32 * 1024 * 1024
log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _default_tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Deliverer:
    """start(), wake() after each commit that wrote the outbox, stop(grace_s). One a process."""

    def __init__(
        self,
        store: Store,
        endpoint_of: Callable[[str], Endpoint | None],
        owner: str,
        clock: Clock,
        refuses: Refuses,
        limits: Limits = Limits(),
        registry: CollectorRegistry | None = None,
        on_disabled: Callable[[str], None] = lambda _endpoint_id: None,
        signers: Mapping[str, Callable[[Parcel], Signs]] | None = None,
        dice: Callable[[], float] = random.random,
        lookups: LookUps | None = None,
    ) -> None:
        self._store, self._owner, self._clock, self._limits = store, owner, clock, limits
        self.metrics = Metrics(registry or CollectorRegistry())
        self._slots = Slots(limits.in_flight, open_limit())
        self._sweep = Sweep(store)
        self._settler = Settler(store, self.metrics.failed)
        self._office = Office(
            store,
            endpoint_of,
            clock,
            limits,
            self._slots,
            self._settler,
            self.metrics,
            refuses,
            _default_tls,
            dice,
            on_disabled,
            lookups or LookUps(),
            signers or {},
        )
        self._couriers: dict[str, Courier] = {}
        self._woken = Event()
        self._last_row_id = 0
        self._unserved: set[str] = set()
        self._stopping = False
        self._due: dict[str, float] = {}
        self._loops: list[gevent.Greenlet] = []

    def start(self) -> None:
        self._settler.start()
        self._loops = [
            gevent.spawn(self._run, self._look, "looking for pending rows"),
            gevent.spawn(self._run, self._keep_leases, "renewing leases"),
            gevent.spawn(self._run, self._tidy, "tidying up"),
            gevent.spawn(self._run, self._reclaim, "reclaiming slots"),
        ]

    def wake(self, written: Mapping[str, Sequence[Fresh]] = MappingProxyType({})) -> None:
        """Rows of these endpoints were committed, and are these where they are given; without any: look for whose."""
        self._note_ids([rows for rows in written.values() if rows])
        unserved = [endpoint_id for endpoint_id, rows in written.items() if not self._signal(endpoint_id, rows)]
        self._unserved.update(unserved)
        if unserved or not written:
            self._woken.set()

    def _note_ids(self, written: Sequence[Sequence[Fresh]]) -> None:
        """Where rows are given each id is one more than the last; a gap is what another process (a CLI) wrote."""
        if not written:
            return
        if min(rows[0].ref.id for rows in written) != self._last_row_id + 1:
            for courier in self._couriers.values():
                courier.lanes.others_wrote()
                courier.wake()
        self._last_row_id = max(rows[-1].ref.id for rows in written)

    def _signal(self, endpoint_id: str, rows: Sequence[Fresh] = ()) -> bool:
        if not self._serves(endpoint_id):
            return False
        share = max(1, len(self._couriers))
        self._couriers[endpoint_id].signal(rows, FRESH_ROWS // share, FRESH_BYTES // share)
        return True

    def wake_resent(self) -> None:
        """Rows with old ids became pending again in this process: look at everything."""
        for courier in self._couriers.values():
            courier.read_whole()
        self._due.pop("poll", None)
        self._woken.set()

    def stop(self, grace_s: float = 5.0) -> None:
        """Start nothing more, let POSTs in flight end within `grace_s`, settle. Leases are handed back elsewhere."""
        self._stopping = True
        gevent.killall(self._loops)
        deadline = time.monotonic() + grace_s
        for courier in self._couriers.values():
            courier.stop()
        for courier in self._couriers.values():
            courier.join(max(0.0, deadline - time.monotonic()))
        for courier in self._couriers.values():
            courier.kill()
        self._settler.stop(max(1.0, deadline - time.monotonic()))

    def abandon(self) -> None:
        """As kill -9 would: nothing ends in order, nothing is settled."""
        self._stopping = True
        gevent.killall(self._loops)
        self._settler.abandon()
        for courier in self._couriers.values():
            courier.kill()

    # -- loops

    def _run(self, turn: Callable[[], None], what: str) -> None:
        while not self._stopping:
            try:
                turn()
            except Exception:  # noqa: BLE001 - these loops must outlive anything (house rule 7)
                self.metrics.failed()
                log.exception("deliveries: error while %s; it goes on", what)
                gevent.sleep(ERROR_WAIT_S)

    def _look(self) -> None:
        self._woken.wait(self._limits.poll_s)
        self._woken.clear()
        found, self._unserved = self._unserved, set()
        if not found or self._is_due("poll", self._limits.poll_s):
            found.update(self._polled())
        new = [endpoint_id for endpoint_id in found if not self._signal(endpoint_id)]
        if new:
            self._hire(new)

    def _polled(self) -> list[str]:
        """Endpoints with pending rows; those served here only where rows may be there that nobody told of."""
        last_row_id = self._last_row_id  # before the table is asked: what is told meanwhile was known to nobody then
        found = self._store.read(outbox.endpoints_pending)
        if not last_row_id or self._store.read(outbox.last_id) != last_row_id:
            return found
        return [endpoint_id for endpoint_id in found if not self._serves(endpoint_id)]

    def _serves(self, endpoint_id: str) -> bool:
        courier = self._couriers.get(endpoint_id)
        return courier is not None and not courier.finished

    def _hire(self, endpoint_ids: list[str]) -> None:
        now = self._clock.now_ms()
        others = self._store.read(lambda connection: leases.held_by_others(connection, self._owner, PREFIX, now))
        wanted = sorted(endpoint_id for endpoint_id in endpoint_ids if PREFIX + endpoint_id not in others)
        for start in range(0, len(wanted), LEASES_AT_ONCE):
            some = wanted[start : start + LEASES_AT_ONCE]
            lease_until = time.monotonic() + self._limits.lease_s
            for endpoint_id in self._store.write(lambda uow, some=some: self._take(uow, some)):  # type: ignore[misc]
                courier = self._couriers[endpoint_id] = Courier(endpoint_id, self._office, lease_until)
                courier.start()

    def _take(self, uow: UnitOfWork, endpoint_ids: list[str]) -> list[str]:
        lease_ms = int(self._limits.lease_s * 1000)
        return [
            endpoint_id
            for endpoint_id in endpoint_ids
            if leases.take(uow.connection, PREFIX + endpoint_id, self._owner, uow.now, lease_ms)
        ]

    def _keep_leases(self) -> None:
        gevent.sleep(self._limits.lease_s / 3)
        if not self._couriers:
            return
        lease_ms = int(self._limits.lease_s * 1000)
        lease_until = time.monotonic() + self._limits.lease_s
        held = self._store.write(
            lambda uow: leases.renew(uow.connection, self._owner, PREFIX, self._clock.now_ms(), lease_ms)
        )
        for endpoint_id, courier in list(self._couriers.items()):
            if courier.finished:
                del self._couriers[endpoint_id]
            elif PREFIX + endpoint_id in held and courier.lease_until > time.monotonic():
                courier.lease_until = lease_until
            else:
                log.warning("the lease on endpoint %s is lost; another process delivers now", endpoint_id)
                courier.lease_until = 0.0
                courier.stop()
        self._dismiss_idle()

    def _dismiss_idle(self) -> None:
        """Endpoints without work: forget them, and let whichever process writes the next row take them."""
        late = time.monotonic() - IDLE_S
        idle = [courier for courier in self._couriers.values() if courier.lanes.empty and courier.idle_since < late]
        for courier in idle:
            courier.stop()
            del self._couriers[courier.endpoint_id]
        if idle:
            names = [PREFIX + courier.endpoint_id for courier in idle]
            self._store.write(lambda uow: leases.drop(uow.connection, self._owner, names))

    def _tidy(self) -> None:
        gevent.sleep(METRICS_EVERY_S)
        oldest = self._store.read(outbox.oldest_pending_at)
        now = self._clock.now_ms()
        self.metrics.ill = sum(courier.ill for courier in self._couriers.values())
        self.metrics.oldest_pending_s = 0 if oldest is None else max(0, now - oldest) / 1000
        if self._is_due("sweep", SWEEP_EVERY_S):
            self._sweep.run(now - self._limits.keep_s * 1000)

    def _reclaim(self) -> None:
        """Only while others wait for a place does it matter that some hold theirs for long."""
        self._slots.wanted.wait()
        gevent.sleep(SLOW_AFTER_S / 2)
        self._slots.reclaim()

    def _is_due(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every_s
        return True
