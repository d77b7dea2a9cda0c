"""Which leases this process holds: taken and renewed here, asked by listeners. Lost ones are not acted under."""

import logging
from collections.abc import Callable, Iterable

from gateway.domain.clock import Clock
from gateway.errors import StoreError
from gateway.store import leases
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)


class Tenure:
    """`renew()` every third of `lease_s`; `holds(name)` is false as soon as a lease may have run out."""

    def __init__(self, store: Store, clock: Clock, owner: str, lease_s: float, names: Iterable[str]) -> None:
        self._store = store
        self._clock = clock
        self._lease_ms = int(lease_s * 1000)
        self._names = tuple(names)
        self._until: dict[str, int] = {}
        self.owner = owner

    @property
    def renew_every_s(self) -> float:
        return self._lease_ms / 3000

    def renew(self) -> None:
        now = self._clock.now_ms()

        def work(uow: UnitOfWork) -> set[str]:
            return {name for name in self._names if leases.take(uow.connection, name, self.owner, now, self._lease_ms)}

        try:
            held = self._store.write(work)
        except StoreError as error:
            log.warning("leases were not renewed: %s", error.message)
            return
        for name in set(self._until) - held:
            log.warning("lease %s was lost", name)
        self._until = dict.fromkeys(held, now + self._lease_ms)

    def holds(self, name: str) -> bool:
        return self._until.get(name, 0) > self._clock.now_ms()

    def lay_down(self) -> None:
        """What was taken here, so that others go on at once while this process still ends its deliveries."""
        self._until = {}
        self._give_up(lambda uow: leases.drop(uow.connection, self.owner, list(self._names)))

    def hand_back(self) -> None:
        """Every lease of this process, deliverers' too."""
        self._until = {}
        self._give_up(lambda uow: leases.hand_back(uow.connection, self.owner))

    def _give_up(self, work: Callable[[UnitOfWork], None]) -> None:
        try:
            self._store.write(work)
        except StoreError as error:
            log.warning("leases were not handed back: %s", error.message)
