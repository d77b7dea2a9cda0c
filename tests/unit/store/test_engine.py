"""engine.py: a database, or another gateway at it, that stands still does not hold us for ever."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select, text

from gateway.domain.clock import SystemClock
from gateway.domain.events import Outgoing
from gateway.domain.room import Room
from gateway.store import engine as engines
from gateway.store import tables
from gateway.store.engine import open_engine
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from tests.world import APP, NODE, ROOM

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    engine = open_engine(postgres_url)
    tables.metadata.create_all(engine)
    opened = Store(engine, lambda _event, _sequence, _room: Outgoing("", b"", ()), SystemClock())
    opened.write(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    yield opened
    opened.stop()


def test_a_replica_that_stands_still_holds_its_locks_for_seconds_only(store: Store, postgres_url: str) -> None:
    """A process stopped (SIGSTOP, a frozen machine) in the middle of a transaction kept every other waiting."""
    frozen = open_engine(postgres_url)
    connection = frozen.connect()
    connection.execute(select(tables.rooms).where(tables.rooms.c.id == ROOM).with_for_update())
    began = time.monotonic()
    seen: list[str] = []

    def work(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        assert room is not None
        seen.append(room.name)

    store.write(work, Needs(rooms=(ROOM,)))
    assert seen == ["standup"]
    assert time.monotonic() - began < engines.IDLE_IN_TRANSACTION_TIMEOUT_MS / 1000 + 10
    connection.invalidate()
    connection.close()
    frozen.dispose()


def test_every_wait_for_the_database_has_a_limit(store: Store) -> None:
    """house rule 6: "Every wait has a limit, every limit a name with its unit"."""

    def shown(name: str) -> str:
        return str(store.read(lambda connection: connection.execute(text(f"SHOW {name}")).scalar()))

    limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    assert all(shown(name) not in ("0", "") for name in limits), {name: shown(name) for name in limits}
