"""Locks of two replicas at one PostgreSQL, as a review saw them: rooms, then sessions, then what hangs on them."""

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from sqlalchemy import Table, select

from gateway.domain.room import Room
from gateway.domain.session import Operation, Session
from gateway.services.housekeeping import Housekeeping, Keep
from gateway.store import tables
from tests.waiting import wait_for
from tests.world import APP, CALL, NODE, ROOM, World

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    world = World(tmp_path, postgres_url)
    yield world
    world.close()


@pytest.mark.parametrize(("subject", "table"), [(CALL, tables.sessions), (ROOM, tables.rooms)])
def test_operations_past_their_limit_are_locked_behind_their_subject(world: World, subject: str, table: Table) -> None:
    """A happening locks its room or session first, its operations then: the other way round both wait for ever."""
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "r", "api", 1)))
    world.change(
        lambda uow: uow.sessions.put(Session(CALL, APP.id, NODE, CALL[6:], "inbound", "1", "2", "answered", 1))
    )
    world.change(lambda uow: uow.operations.put(Operation("op", APP.id, subject, "hangup", "u", "me", 1, 2)))
    house, operations = Housekeeping(world.store, Keep(10_000)), tables.operations
    with world.engine.connect() as happening, happening.begin():
        happening.execute(select(table).where(table.c.id == subject).with_for_update())
        tick = gevent.spawn(house.tick, 10_000)
        wait_for(lambda: _somebody_waits(world), "the other one waits for the lock")
        mine = select(operations).where(operations.c.id == "op").with_for_update(nowait=True)
        assert happening.execute(mine).first() is not None
    tick.get(timeout=10)
    assert world.names == ["command.result"] and world.told[0]["data"]["status"] == "timeout"


def _somebody_waits(world: World) -> bool:
    with world.engine.connect() as connection:
        waiting = connection.exec_driver_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(waiting.scalar())
