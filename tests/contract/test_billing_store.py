"""store/billing.py and the records that units of work write: the same answers on SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.domain.billing import CALL, CDR, EVENT, RECONCILE, STAY, BillingRecord, Rounding
from gateway.domain.clock import SystemClock
from gateway.domain.events import Outgoing
from gateway.store import billing as rows
from gateway.store import migrate, sweeping
from gateway.store.billing import BillingFilter
from gateway.store.engine import open_engine
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork

FIRST = BillingRecord(
    0, "app_1", "acW68", STAY, "call-1", "room-1", "standup", "inbound", "+1", "+2", 1000, None, 5000, 0, 0,
    "orphan", "lost", RECONCILE,
)  # fmt: skip
LONG = replace(FIRST, kind=CALL, room_id="", room_name="", answered_at=2000, ended_at=3_000_000_000)
OTHER = replace(FIRST, app_id="app_2", node_id="bcW68", session_id="call-2", closed_by=EVENT)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    engine = open_engine(database_url)
    migrate.upgrade(engine)
    compose = lambda _event, _sequence, _room: Outgoing("", b"", ())  # noqa: E731
    store = Store(engine, compose, SystemClock(), rounding=Rounding(60, 60))

    def work(uow: UnitOfWork) -> None:
        for record in (FIRST, LONG, OTHER):
            uow.bill(record)

    store.write(work)
    yield store
    store.stop()


def found(
    store: Store, wanted: BillingFilter = BillingFilter(), after: tuple[int, int] | None = None
) -> list[BillingRecord]:
    return store.read(lambda connection: rows.page(connection, wanted, after, 9))


def test_a_row_is_the_value_and_knows_its_length(store: Store) -> None:
    stay, other, call = found(store)
    assert stay == replace(FIRST, id=stay.id, duration_ms=4000, billable_s=60)
    assert other == replace(OTHER, id=other.id, duration_ms=4000, billable_s=60)
    assert call == replace(LONG, id=call.id, duration_ms=2_999_999_000, billable_s=3_000_000)


def test_pages_go_on_behind_the_last_of_the_same_end(store: Store) -> None:
    stay, other, call = found(store)
    assert found(store, after=(stay.ended_at, stay.id)) == [other, call]
    assert found(store, after=(call.ended_at, call.id)) == []
    assert found(store, BillingFilter(app_id="app_1", since=5000, until=5001)) == [stay]
    assert found(store, BillingFilter(session_id="call-1", kind=CALL)) == [call]


def test_a_guess_is_corrected_once(store: Store) -> None:
    missed = store.read(lambda connection: rows.missed_on(connection, "acW68", 0, 9))
    assert [one.kind for one in missed] == [CALL, STAY], "newest first; not what the switch told, not of another node"
    assert store.read(lambda connection: rows.missed_on(connection, "acW68", 5001, 1)) == [missed[0]]
    for ended_at in (62_000, 500_000):
        better = replace(missed[0], ended_at=ended_at, closed_by=CDR)
        store.write(lambda uow, better=better: rows.correct(uow, better))  # type: ignore[misc]
    call = found(store, BillingFilter(kind=CALL))[0]
    assert (call.ended_at, call.duration_ms, call.billable_s, call.closed_by) == (62_000, 61_000, 60, CDR)


def test_a_transaction_that_fails_bills_nothing(store: Store) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.bill(FIRST)
        raise ValueError("after it")

    with pytest.raises(ValueError, match="after it"):
        store.write(work)
    assert len(found(store)) == 3


def test_old_ones_are_swept_by_their_end(store: Store) -> None:
    store.write(lambda uow: sweeping.sweep(uow, 0, 0, 0, 5000))
    assert len(found(store)) == 3
    store.write(lambda uow: sweeping.sweep(uow, 0, 0, 0, 5001))
    assert [one.kind for one in found(store)] == [CALL]
