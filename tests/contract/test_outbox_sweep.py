"""What is kept of the outbox: delivered rows for a time, dead letters until somebody purges them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, update

from gateway.domain.clock import SystemClock
from gateway.domain.events import Event, Outgoing
from gateway.domain.ids import new_event_id
from gateway.services import deliveries
from gateway.services.deliveries import Deliveries
from gateway.store import migrate, outbox, outbox_sweep, tables
from gateway.store.engine import open_engine
from gateway.store.outbox import DEAD, DELIVERED, PENDING, Outcome
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.webhooks import sweeping
from gateway.webhooks.sweeping import Sweep

OLD, YOUNG, LIMIT = 1_000, 3_000, 2_000


def opened(engine: Engine) -> Store:
    return Store(engine, lambda event, _s, _r: Outgoing(new_event_id(), b"{}", tuple(event.data["to"])), SystemClock())


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    made = opened(engine)
    yield made
    made.stop()


def rows(store: Store, *states: tuple[str, int], app_id: str = "app", to: str = "a") -> list[int]:
    """One row for each state and time of its end, all made at OLD; their ids."""

    def work(uow: UnitOfWork) -> None:
        for _ in states:
            uow.emit(Event("call.completed", app_id, OLD, {"to": (to,)}))

    last = store.read(outbox.last_id)
    store.write(work)
    ids = list(range(last + 1, last + 1 + len(states)))
    ended = [Outcome(i, state, 1, 0, 0, "", at) for i, (state, at) in zip(ids, states, strict=True) if state != PENDING]
    store.write(lambda uow: outbox.settle(uow, ended))
    store.write(lambda uow: uow.execute(update(tables.outbox).where(tables.outbox.c.id > last).values(created_at=OLD)))
    return ids


def left(store: Store) -> set[int]:
    found = Deliveries(store, SystemClock()).page(limit=200)
    return {row.id for row in found.deliveries}


def looked_at(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each look of a sweep went over."""
    counts: list[int] = []
    look = outbox_sweep.sweepable

    def counting(connection: Connection, before_ms: int, after_id: int, limit: int) -> outbox_sweep.Looked:
        found = look(connection, before_ms, after_id, limit)
        counts.append(found.seen)
        return found

    monkeypatch.setattr(outbox_sweep, "sweepable", counting)
    return counts


def test_the_young_the_pending_and_the_dead_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "LOOKED_AT_ONCE", 2)
    kinds = [(DEAD, OLD), (DELIVERED, OLD), (DELIVERED, YOUNG), (PENDING, 0), (DELIVERED, OLD), (DELIVERED, OLD)]
    ids = rows(store, *kinds)
    assert Sweep(store).run(LIMIT) == 3
    assert left(store) == {ids[0], ids[2], ids[3]}


def test_a_later_sweep_does_not_walk_over_the_dead_again(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500,000 dead letters were walked over each minute: nothing else ran for 0.2 s."""
    monkeypatch.setattr(sweeping, "LOOKED_AT_ONCE", 10)
    rows(store, *[(DEAD, OLD)] * 55)
    (young,) = rows(store, (DELIVERED, YOUNG))
    counts = looked_at(engine, monkeypatch)
    sweep = Sweep(store)
    assert sweep.run(LIMIT) == 0
    assert (sum(counts), max(counts)) == (56, 10), "in small pieces"
    counts.clear()
    assert sweep.run(LIMIT) == 0
    assert sum(counts) == 1, "only the one that is young still"
    assert sweep.run(YOUNG + 1) == 1
    assert young not in left(store)


def test_a_dead_letter_that_was_sent_again_is_swept_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within an hour: then a sweep begins at the beginning."""
    dead, _ = rows(store, (DEAD, OLD), (DELIVERED, OLD))
    sweep = Sweep(store)
    assert sweep.run(LIMIT) == 1
    store.write(lambda uow: outbox.resend(uow, [dead], OLD))
    store.write(lambda uow: outbox.settle(uow, [Outcome(dead, DELIVERED, 1, 0, 200, "", OLD)]))
    assert sweep.run(LIMIT) == 0
    sweep._whole_at = 0.0
    assert sweep.run(LIMIT) == 1


def test_what_became_pending_again_meanwhile_is_not_swept(store: Store) -> None:
    (row,) = rows(store, (DELIVERED, OLD))
    store.write(lambda uow: outbox.resend(uow, [row], OLD))
    assert store.write(lambda uow: outbox_sweep.forget(uow, [row], DELIVERED)) == 0
    assert left(store) == {row}


def test_dead_letters_are_purged_by_their_age(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "PURGED_AT_ONCE", 2)
    ids = rows(store, *[(DEAD, OLD)] * 5, (DEAD, YOUNG), (DELIVERED, OLD), (PENDING, 0))
    others = rows(store, (DEAD, OLD), app_id="other", to="b")
    service = Deliveries(store, SystemClock())
    assert service.purge_dead(LIMIT, "app", "nobody") == 0
    assert service.purge_dead(LIMIT, "app", "a") == 5
    assert left(store) == {*ids[5:], *others}
    assert service.purge_dead(LIMIT) == 1
    assert left(store) == set(ids[5:])


def test_dead_letters_are_found_by_their_index(tmp_path: Path) -> None:
    """However many other rows there are. As migrated: of two indexes that suit as well SQLite takes the younger.

    PostgreSQL plans by the size of the table.
    """
    engine = open_engine(f"sqlite:///{tmp_path}/migrated.db")
    migrate.upgrade(engine)
    store = opened(engine)
    said: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        said.append((statement, parameters))

    rows(store, (DEAD, OLD))
    event.listen(engine, "before_cursor_execute", note)
    Deliveries(store, SystemClock()).purge_dead(LIMIT)
    event.remove(engine, "before_cursor_execute", note)
    asked = [(statement, parameters) for statement, parameters in said if "SELECT" in statement]
    assert len(asked) >= 2
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
            steps = [row[3] for row in plan if "outbox" in row[3]]
            assert steps and all("INDEX outbox_dead" in step and "SEARCH" in step for step in steps), steps
    store.stop()
