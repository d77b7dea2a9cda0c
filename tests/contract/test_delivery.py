"""Deliveries against real HTTP receivers and both databases (contract, "Webhooks")."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from gevent.event import Event as Flag
from sqlalchemy import Engine, select
from standardwebhooks.webhooks import Webhook

from gateway.domain.apps import Endpoint
from gateway.domain.clock import SystemClock
from gateway.domain.deliveries import Delivery
from gateway.domain.events import Event, Outgoing
from gateway.domain.ids import new_event_id
from gateway.schemas.webhooks import render
from gateway.services.deliveries import Deliveries
from gateway.store import apps, tables
from gateway.store.store import Store
from gateway.webhooks.connections import Timeouts
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.office import Limits
from gateway.webhooks.signature import new_secret
from tests.receiver import Answer, Received, Receiver, hang
from tests.waiting import wait_for

FAST = Limits(timeouts=Timeouts(total_s=0.5, connect_s=0.3, first_byte_s=0.5), lease_s=3, poll_s=0.1)


class ShiftedClock(SystemClock):
    """The system's clock, which a test may put forward: no test waits out a retry schedule."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


class House:
    """A store and deliverers in front of it; every event goes to the endpoints that the test names."""

    def __init__(self, engine: Engine) -> None:
        self.clock = ShiftedClock()
        self.endpoints: dict[str, Endpoint] = {}
        self.targets: tuple[str, ...] = ()
        self.store = Store(engine, self._compose, self.clock)
        self.store.on_commit = lambda _effects, written: self._wake() if written else None
        self.deliveries = Deliveries(
            self.store, self.clock, lambda: [d.wake_resent() for d in self.deliverers] and None
        )
        self.deliverers: list[Deliverer] = []

    def _wake(self) -> None:
        for deliverer in self.deliverers:
            deliverer.wake()

    def _compose(self, event: Event, sequence: int | None, room_sequence: int | None) -> Outgoing:
        event_id = new_event_id()
        return Outgoing(event_id, render(event, event_id, sequence, room_sequence), self.targets)

    def endpoint(self, name: str, url: str) -> Endpoint:
        made = self.endpoints[name] = Endpoint(name, "app", url, 0, None, [new_secret()])
        self.store.write(lambda uow: apps.insert(uow, made))
        return made

    def emit(self, *names: str, to: tuple[str, ...] = ("ep",), room: str = "", session: str = "") -> None:
        self.targets = to

        def work(uow: object) -> None:
            for name in names:
                uow.emit(Event("conference.created", "app", self.clock.now_ms(), {"name": name}, session, room))  # type: ignore[attr-defined]

        self.store.write(work)

    def deliverer(self, owner: str = "one", limits: Limits = FAST) -> Deliverer:
        made = Deliverer(self.store, self.endpoints.get, owner, self.clock, lambda _ip: False, limits, dice=lambda: 0.0)
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


def test_a_delivery_as_a_receiver_sees_it(house: House) -> None:
    """POST, application/json … Signed by the Standard Webhooks scheme."""
    with receiver() as app:
        endpoint = house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("first", room="room1")
        house.settled(1)
        got = app.got[0]
        assert got.path == "/hook?a=b"
        assert got.headers["content-type"] == "application/json"
        assert Webhook(endpoint.secrets[0]).verify(got.body, got.headers)["id"] == got.id
        assert got.headers["x-minivoice-signature"].startswith("v1=")


def test_order_per_room_and_session_through_failures(house: House) -> None:
    """Promise: at least once, in order per room and per session, unchanged bytes on every attempt"""
    seen: dict[str, bytes] = {}

    def moody(received: Received) -> Answer:
        first = received.id not in seen
        assert seen.setdefault(received.id, received.body) == received.body
        return (503, {}) if first and received.json["data"]["name"].endswith("3") else (200, {})

    with receiver(moody) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        for number in range(10):
            house.emit(f"a{number}", room="a", session="s")
            house.emit(f"b{number}", room="b")
            house.emit(f"c{number}", room="c", session="s")
        wait_for(lambda: sum(row.attempts == 1 and row.state == "pending" for row in house.rows()) >= 2, "failures")
        for _ in range(4):
            house.later(10)
            wait_for(
                lambda: not any(row.due_at <= house.clock.now_ms() for row in house.rows("pending") if row.attempts),
                "retries",
                10,
            )
        house.later(10)
        house.settled(30)
        done = [
            received
            for index, received in enumerate(app.got)
            if received.id not in {later.id for later in app.got[index + 1 :]}
        ]
        for key in ("room_id", "session_uuid"):
            for lane in {received.json.get(key) for received in done} - {None}:
                names = [r.json["data"]["name"] for r in done if r.json.get(key) == lane]
                assert [name[1:] for name in names] == sorted(name[1:] for name in names)


def test_a_slow_endpoint_does_not_delay_another(house: House) -> None:
    """One endpoint's trouble never delays another's."""
    with receiver(hang) as slow, receiver() as quick:
        house.endpoint("slow", slow.url)
        house.endpoint("ep", quick.url)
        house.deliverer(limits=replace(FAST, in_flight=4, timeouts=Timeouts(30, 5, 30)))
        for number in range(100):
            house.emit(f"{number}", to=("slow",), room=f"room{number}")
        wait_for(lambda: len(slow.got) >= 4, "the slow endpoint holds its places")
        house.emit(*[str(number) for number in range(50)], room="room")
        wait_for(lambda: len(quick.got) == 50, "the quick one gets everything", 2)


def test_a_dead_lane_does_not_delay_others(house: House) -> None:
    """A slow or dead endpoint holds back its own lane only."""
    with receiver(lambda received: (500 if received.json.get("room_id") == "dead" else 200, {})) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit(*[f"d{number}" for number in range(300)], room="dead")
        wait_for(lambda: app.got, "the first attempt")
        house.emit("alive", room="alive")
        wait_for(lambda: "alive" in app.names, "the other lane's delivery", 2)
        assert [name for name in app.names if name.startswith("d")] == ["d0"]


def test_killed_between_post_and_settle_sends_the_same_again(house: House) -> None:
    """nothing lost once its transaction is committed, also through kill -9"""
    arrived, release = Flag(), Flag()

    def wait(_received: Received) -> Answer:
        arrived.set()
        release.wait(5)
        return 200, {}

    with receiver(wait) as app:
        house.endpoint("ep", app.url)
        first = house.deliverer(limits=replace(FAST, timeouts=Timeouts(30, 5, 30), lease_s=1))
        house.emit("one", "two", room="room")
        assert arrived.wait(5)
        first.abandon()
        house.deliverers.remove(first)
        release.set()
        house.deliverer("two")
        house.settled(2)
        assert app.names == ["one", "one", "two"]
        assert app.got[0].id == app.got[1].id
        assert app.got[0].body == app.got[1].body


def test_410_disables_the_endpoint_and_says_so(house: House) -> None:
    """410 disables the endpoint and says so."""
    with receiver(lambda _received: (410, {})) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one", "two", "three", room="room")
        house.settled(3, "dead")
        assert len(app.got) == 1
        stored = house.store.read(lambda connection: apps.find_endpoint(connection, "ep"))
        assert stored is not None
        assert stored.disabled_at
        assert "410" in stored.disabled_reason
        assert {row.last_error for row in house.rows("dead")} == {"endpoint-disabled"}


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(house: House, status: int) -> None:
    """Retry-After honoured"""
    answers = [(status, {"Retry-After": "90"}), (200, {})]
    with receiver(lambda _received: answers.pop(0)) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one", room="room")
        wait_for(lambda: house.rows()[0].attempts == 1, "the first attempt is settled")
        row = house.rows()[0]
        assert (row.state, row.last_status) == ("pending", status)
        assert 85_000 < row.due_at - house.clock.now_ms() <= 90_000
        house.later(91)
        house.settled(1)
        assert app.got[0].body == app.got[1].body


def test_timeouts_are_retried(house: House) -> None:
    """timeouts and connection errors are retried"""
    with receiver(hang) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one")
        wait_for(lambda: house.rows()[0].attempts == 1, "the timeout is settled")
        assert house.rows()[0].last_error.startswith("timeout")


def test_a_refused_connection_is_retried(house: House) -> None:
    """timeouts and connection errors are retried"""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        house.endpoint("ep", f"http://127.0.0.1:{unused.getsockname()[1]}/")
        house.deliverer()
        house.emit("one")
        wait_for(lambda: house.rows()[0].attempts == 1, "the refusal is settled")
        assert "refused" in house.rows()[0].last_error.lower()


def test_redirects_are_not_followed(house: House) -> None:
    """other answers … go to the dead letters"""
    with receiver() as other, receiver(lambda _received: (302, {"Location": other.url})) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one")
        house.settled(1, "dead")
        assert not other.got
        assert len(app.got) == 1


def test_a_re_sent_dead_letter_keeps_id_sequence_and_bytes(house: House) -> None:
    """A re-sent dead letter keeps id, sequence and bytes."""
    answers: list[Answer] = [(400, {}), (200, {}), (200, {})]
    with receiver(lambda _received: answers.pop(0)) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one", room="room")
        house.settled(1, "dead")
        house.emit("two", room="room")
        house.settled(1)
        assert house.deliveries.resend(app.got[0].id, "app") == 1
        house.settled(2)
        assert app.names == ["one", "two", "one"]
        assert (app.got[0].id, app.got[0].body) == (app.got[2].id, app.got[2].body)


def test_private_addresses_are_refused(house: House) -> None:
    """each redirect hop checked against private addresses: the address that is connected to is the one checked"""
    with receiver() as app:
        house.endpoint("ep", app.url)
        made = Deliverer(house.store, house.endpoints.get, "x", house.clock, lambda ip: ip == "127.0.0.1", FAST)
        made.start()
        house.deliverers.append(made)
        house.emit("one")
        wait_for(lambda: house.rows()[0].attempts == 1, "the refusal is settled")
        assert house.rows()[0].last_error.startswith("OSError: address-not-allowed")
        assert not app.got


def test_two_processes_share_endpoints_and_keep_order(house: House) -> None:
    """in order per room and per session: exactly one process posts an endpoint's rows"""
    with receiver() as app:
        for name in ("a", "b", "c", "d"):
            house.endpoint(name, app.url)
        for owner in ("one", "two"):
            house.deliverer(owner)
        for number in range(50):
            house.emit(f"{number:03d}", to=("a", "b", "c", "d"), room=f"room{number % 3}")
        house.settled(200)
        assert len(app.got) == 200
        by_secret = {}
        for received in app.got:
            by_secret.setdefault((received.headers["x-minivoice-signature"], received.id), []).append(received)
        assert all(len(each) == 1 for each in by_secret.values())


def test_a_lost_lease_stops_posting_and_another_takes_over(house: House) -> None:
    with receiver() as app:
        house.endpoint("ep", app.url)
        house.deliverer("one", replace(FAST, lease_s=1.5))
        house.emit("one", room="room")
        house.settled(1)
        thief = tables.leases.update().values(owner="thief", until_at=house.clock.now_ms() + 2_000)
        house.store.write(lambda uow: uow.execute(thief))
        wait_for(lambda: not house.deliverers[0]._couriers, "the courier is dismissed")
        house.emit("two", room="room")
        house.settled(2)
        owner = house.store.read(lambda connection: connection.execute(select(tables.leases.c.owner)).scalar_one())
        assert owner == "one"
