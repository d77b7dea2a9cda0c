"""Which leases this process holds: taken and renewed here, asked by listeners. Lost ones are not acted under."""

import logging
from collections.abc import Callable, Iterable
from enum import Enum

from gateway.domain.clock import Clock
from gateway.errors import LeaseLost, StoreError, StoreUnavailable
from gateway.store import leases
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)
AGAIN_S = 1.0
MAX_SKEW_PART = 5  # of a lease


class Whose(Enum):
    """UNKNOWN: it was mine and has lapsed, since the database could not be asked. Another may have taken it, or not."""

    MINE = "mine"
    ANOTHERS = "another's"
    UNKNOWN = "unknown"


class Tenure:
    """`renew()` every `renew_every_s`; `holds(name)` is false as soon as another may have the lease."""

    def __init__(self, store: Store, clock: Clock, owner: str, lease_s: float, names: Iterable[str]) -> None:
        self._store = store
        self._clock = clock
        self._lease_ms = int(lease_s * 1000)
        self._names = tuple(names)
        self._until: dict[str, int] = {}
        self._stints: dict[str, int] = {}
        self._failed = False
        self._renewed_at = clock.now_ms()
        self.skew_s = 0.0  # this process' clock less the database's
        self.owner = owner

    @property
    def renew_every_s(self) -> float:
        """Sooner when it failed: events wait for it."""
        every_s = self._lease_ms / 3000
        return min(every_s, AGAIN_S) if self._failed else every_s

    def renew(self) -> None:
        now = self._clock.now_ms()

        def work(uow: UnitOfWork) -> tuple[set[str], set[str], float]:
            kept = leases.owned(uow.connection, self.owner, self._names)
            before = self._clock.now_ms()
            at, after = leases.clock(uow.connection, before), self._clock.now_ms()
            take = (name for name in self._names if leases.take(uow.connection, name, self.owner, at, self._lease_ms))
            # The answer was on its way meanwhile: a clock that could be right so far is right.
            return kept, set(take), min(max(at, before), after) - at

        try:
            kept, held, skew_ms = self._store.write(work)
        except StoreError as error:
            self._failed = True
            log.warning("leases were not renewed", exc_info=error)
            return
        self._failed, self._renewed_at = False, now
        self._note_skew(skew_ms)
        for name in set(self._until) - (held & kept):
            log.warning("lease %s was lost", name)
        for name in held - kept:
            self._stints[name] = self.stint(name) + 1
        self._until = dict.fromkeys(held, now + self._lease_ms)

    def _note_skew(self, skew_ms: float) -> None:
        was_off, self.skew_s = self._clock_trouble(), skew_ms / 1000
        if (is_off := self._clock_trouble()) and not was_off:
            log.error("%s", is_off)

    def _clock_trouble(self) -> str:
        """Deadlines are written by one clock and judged by another: joins and answers would end too early."""
        if abs(self.skew_s) * 1000 <= self._lease_ms / MAX_SKEW_PART:
            return ""
        where = "ahead of" if self.skew_s > 0 else "behind"
        return f"the clock of this machine is {abs(self.skew_s):.1f} s {where} the database's: set one of them right"

    def overdue_s(self) -> float:
        """How long ago the leases were renewed, once that is longer than they last; else 0."""
        ago_ms = self._clock.now_ms() - self._renewed_at
        return ago_ms / 1000 if ago_ms > self._lease_ms else 0.0

    def trouble(self) -> str:
        """What is wrong, in a sentence; '' when nothing is."""
        if overdue_s := self.overdue_s():
            return f"the database has not taken this gateway's leases for {overdue_s:.0f} s"
        return ""

    def holds(self, name: str) -> bool:
        return self.whose(name) is Whose.MINE

    def whose(self, name: str) -> Whose:
        until = self._until.get(name)
        if until is None:
            return Whose.ANOTHERS
        # An embedded database has one process: nobody can have taken it.
        return Whose.MINE if until > self._clock.now_ms() or not self._store.shared else Whose.UNKNOWN

    def stint(self, name: str) -> int:
        """Counts how often it was taken; the same number means that nobody else had it in between."""
        return self._stints.get(name, 0)

    def confirm(self, uow: UnitOfWork, name: str) -> None:
        """In the transaction that acts under it, before its first change. Raises LeaseLost; StoreUnavailable: unknown.

        This process' belief is not enough: it may stand still for longer than a lease right behind a look at it.
        """
        whose = self.whose(name)
        if whose is Whose.UNKNOWN:
            raise StoreUnavailable("the lease has lapsed, and is not renewed yet")
        if whose is Whose.MINE and self._store.shared and not leases.keep(uow.connection, name, self.owner):
            del self._until[name]
            whose = Whose.ANOTHERS
        if whose is Whose.ANOTHERS:
            raise LeaseLost(f"another process holds the lease {name}")

    def lease(self, name: str) -> "Lease":
        return Lease(self, name)

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


class Lease:
    """One of them, for who acts under it alone."""

    def __init__(self, tenure: Tenure, name: str) -> None:
        self._tenure = tenure
        self._name = name

    def whose(self) -> Whose:
        return self._tenure.whose(self._name)

    def stint(self) -> int:
        return self._tenure.stint(self._name)

    def confirm(self, uow: UnitOfWork) -> None:
        self._tenure.confirm(uow, self._name)
