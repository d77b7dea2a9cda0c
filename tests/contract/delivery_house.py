"""A store with deliverers in front of it, for tests of deliveries. In: events a test emits. Out: rows, receivers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from gateway.domain.apps import Endpoint
from gateway.domain.deliveries import Delivery
from gateway.domain.events import Event, Outgoing
from gateway.domain.ids import new_event_id, new_webhook_secret
from gateway.schemas.webhooks import render
from gateway.services.deliveries import Deliveries
from gateway.store import apps
from gateway.store.store import Store, Written
from gateway.webhooks.connections import Timeouts
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.office import Limits
from tests.clocks import ShiftedClock
from tests.receiver import Answer, Received, Receiver
from tests.waiting import wait_for

FAST = Limits(timeouts=Timeouts(total_s=0.5, connect_s=0.3), lease_s=3, poll_s=0.1)


class House:
    """A store and deliverers in front of it; every event goes to the endpoints that the test names."""

    def __init__(self, engine: Engine) -> None:
        self.clock = ShiftedClock()
        self.endpoints: dict[str, Endpoint] = {}
        self.targets: tuple[str, ...] = ()
        self.store = Store(engine, self._compose, self.clock)
        self.store.on_commit = lambda _effects, written: self._wake(written) if written else None
        self.deliveries = Deliveries(self.store, self.clock, self._wake_resent)
        self.deliverers: list[Deliverer] = []

    def _wake(self, written: Written) -> None:
        for deliverer in self.deliverers:
            deliverer.wake(written)

    def _wake_resent(self) -> None:
        for deliverer in self.deliverers:
            deliverer.wake_resent()

    def _compose(self, event: Event, sequence: int | None, room_sequence: int | None) -> Outgoing:
        event_id = new_event_id()
        return Outgoing(event_id, render(event, event_id, sequence, room_sequence), self.targets)

    def endpoint(self, name: str, url: str) -> Endpoint:
        made = self.endpoints[name] = Endpoint(name, "app", url, 0, None, [new_webhook_secret()])
        self.store.write(lambda uow: apps.insert(uow, made))
        return made

    def emit(self, *names: str, to: tuple[str, ...] = ("ep",), room: str = "", session: str = "") -> None:
        self.targets = to

        def work(uow: object) -> None:
            for name in names:
                uow.emit(Event("conference.created", "app", self.clock.now_ms(), {"name": name}, session, room))  # type: ignore[attr-defined]

        self.store.write(work)

    def deliverer(self, owner: str = "one", limits: Limits = FAST) -> Deliverer:
        made = Deliverer(
            self.store, self.endpoints.get, owner, self.clock, lambda _host, _port, _ip: False, limits, dice=lambda: 0.0
        )
        made.start()
        self.deliverers.append(made)
        return made

    def later(self, seconds: float) -> None:
        self.clock.ahead_ms += int(seconds * 1000)
        for deliverer in self.deliverers:
            for courier in deliverer._couriers.values():
                courier.wake()

    def rows(self, state: str = "") -> list[Delivery]:
        return self.deliveries.page(state=state, limit=200).deliveries

    def settled(self, count: int, state: str = "delivered") -> None:
        wait_for(lambda: len(self.rows(state)) == count, f"{count} rows {state}", 10)


@pytest.fixture
def house(engine: Engine) -> Iterator[House]:
    made = House(engine)
    yield made
    for deliverer in made.deliverers:
        deliverer.stop(0.1)
    made.store.stop()


@contextmanager
def receiver(answer: Callable[[Received], Answer] = lambda _received: (200, {})) -> Iterator[Receiver]:
    with Receiver(answer) as made:
        yield made
