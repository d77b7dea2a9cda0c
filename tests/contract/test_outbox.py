"""The outbox as SQL, on both databases."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Connection, Engine

from gateway.domain.clock import SystemClock
from gateway.domain.deliveries import Ref
from gateway.domain.events import Event, Outgoing
from gateway.domain.ids import new_event_id
from gateway.errors import InvalidInput, NotFound
from gateway.services.deliveries import Deliveries
from gateway.store import leases, outbox, outbox_sweep
from gateway.store.outbox import Outcome
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork


def _compose(event: Event, _sequence: int | None, _room_sequence: int | None) -> Outgoing:
    return Outgoing(new_event_id(), event.name.encode(), tuple(event.data["to"]))


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    made = Store(engine, _compose, SystemClock())
    yield made
    made.stop()


def _emit(store: Store, count: int, *to: str, app_id: str = "app") -> None:
    def work(uow: UnitOfWork) -> None:
        for number in range(count):
            uow.emit(Event(f"conference.e{number}", app_id, uow.now, {"to": to}, f"s{number}", "room"))

    store.write(work)


def _pending(store: Store, endpoint_id: str, after_id: int = 0) -> list[Ref]:
    def work(connection: Connection) -> list[Ref]:
        with closing(outbox.pending(connection, endpoint_id, after_id, SystemClock().now_ms())) as pages:
            return [ref for page in pages for ref in page]

    return store.read(work)


def _delivered(row_id: int, at: int = 5) -> Outcome:
    return Outcome(row_id, outbox.DELIVERED, 1, 0, 200, "", at)


def test_pending_rows_come_by_id_and_by_endpoint(store: Store) -> None:
    _emit(store, 2500, "a", "b")
    refs = _pending(store, "a")
    assert len(refs) == 2500
    assert [ref.id for ref in refs] == sorted(ref.id for ref in refs)
    assert refs[0].room_id == "room"
    assert refs[3].session_id == "s3"
    assert len(_pending(store, "a", refs[2000].id)) == 499
    assert store.read(outbox.endpoints_pending) == ["a", "b"]


def test_settle_in_bulk(store: Store) -> None:
    _emit(store, 1000, "a")
    ids = [ref.id for ref in _pending(store, "a")]
    dead = Outcome(ids[1], outbox.DEAD, 1, 0, 404, "x" * 9999, 9)
    again = Outcome(ids[2], outbox.PENDING, 3, 777, 0, "timeout", None)
    store.write(lambda uow: outbox.settle(uow, [*map(_delivered, [ids[0], *ids[3:]]), dead, again]))
    assert [(ref.id, ref.attempts, ref.due_at) for ref in _pending(store, "a")] == [(ids[2], 3, 777)]
    found = store.read(lambda connection: outbox.shown(connection, "", ids[1]))[0]
    assert (found.state, found.last_status, len(found.last_error)) == ("dead", 404, outbox.MAX_ERROR_CHARS)
    store.write(lambda uow: outbox.settle(uow, [again._replace(id=ids[0])]))
    assert store.read(lambda connection: outbox.shown(connection, "", ids[0]))[0].state == "delivered"


def test_bury_and_resend(store: Store) -> None:
    """other answers and exhausted rows go to the dead letters, listed and re-sendable by API and CLI"""
    _emit(store, 5, "a", "b")
    before = store.read(lambda connection: outbox.parcels(connection, [ref.id for ref in _pending(store, "a")]))
    assert store.write(lambda uow: outbox.bury(uow, "a", "endpoint-disabled", 9, 3)) == 3
    assert store.write(lambda uow: outbox.bury(uow, "a", "endpoint-disabled", 9, 30)) == 2
    woken: list[int] = []
    deliveries = Deliveries(store, SystemClock(), lambda: woken.append(1))
    assert deliveries.resend_dead("a", "another app") == 0
    assert deliveries.resend_dead("a", "app") == 5
    assert woken
    after = store.read(lambda connection: outbox.parcels(connection, [ref.id for ref in _pending(store, "a")]))
    assert sorted(before) == sorted(after)
    assert len(_pending(store, "b")) == 5


def test_pages_survive_deletions(store: Store) -> None:
    _emit(store, 10, "a")
    deliveries = Deliveries(store, SystemClock())
    first = deliveries.page("app", limit=4)
    ids = [ref.id for ref in _pending(store, "a")]
    assert [found.id for found in first.deliveries] == ids[:5:-1]
    store.write(lambda uow: outbox.settle(uow, [_delivered(row_id) for row_id in ids]))
    assert store.write(lambda uow: outbox_sweep.forget(uow, ids, outbox.DELIVERED)) == 10
    _emit(store, 1, "a")
    assert deliveries.page("app", cursor=first.next_cursor, limit=4).deliveries == []
    for bad in ("x", "!!!", "ZA", "é"):
        with pytest.raises(InvalidInput):
            deliveries.page("app", cursor=bad)
    with pytest.raises(InvalidInput):
        deliveries.page("app", state="lost")
    with pytest.raises(NotFound):
        deliveries.show("evt_nobodys")


def test_another_apps_deliveries_are_not_shown(store: Store) -> None:
    _emit(store, 1, "a", app_id="other")
    deliveries = Deliveries(store, SystemClock())
    assert deliveries.page("app").deliveries == []
    event_id = deliveries.page().deliveries[0].event_id
    assert deliveries.show(event_id)[0].body == b"conference.e0"
    with pytest.raises(NotFound):
        deliveries.show(event_id, "app")


def test_oldest_pending(store: Store) -> None:
    assert store.read(outbox.oldest_pending_at) is None
    _emit(store, 2, "a", "b")
    oldest = store.read(outbox.oldest_pending_at)
    assert oldest == min(row.created_at for row in Deliveries(store, SystemClock()).page().deliveries)


def test_leases_renewed_in_bulk(store: Store) -> None:
    def work(uow: UnitOfWork) -> None:
        assert leases.take(uow.connection, "deliver:a", "me", 100, 50)
        assert leases.take(uow.connection, "deliver:b", "you", 100, 50)
        assert leases.take(uow.connection, "node:x", "me", 100, 50)
        assert leases.renew(uow.connection, "me", "deliver:", 120, 50) == {"deliver:a"}
        assert leases.held_by_others(uow.connection, "me", "deliver:", 150) == {"deliver:b"}
        assert leases.held_by_others(uow.connection, "me", "deliver:", 151) == set()
        assert leases.take(uow.connection, "deliver:b", "me", 151, 50)
        leases.drop(uow.connection, "me", ["deliver:b"])
        assert leases.take(uow.connection, "deliver:b", "you", 152, 50)

    store.write(work)
