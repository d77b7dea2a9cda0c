"""Locks of two replicas at one PostgreSQL: rooms, then sessions, then what hangs on them."""

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from sqlalchemy import Table, select

from gateway.domain.room import Room
from gateway.domain.session import Operation, Session
from gateway.domain.values import replace
from gateway.services.housekeeping import Housekeeping, Keep
from gateway.store import tables
from gateway.store.unit_of_work import Needs, UnitOfWork
from tests.waiting import wait_for
from tests.world import APP, CALL, CALL2, NODE, ROOM, World

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


def test_who_loses_a_dead_lock_is_run_again(world: World) -> None:
    """A leg and then its caller, while a transfer locks the other way round: PostgreSQL ends one of the two (40P01)."""

    def calls(uow: UnitOfWork) -> None:
        for call in (CALL, CALL2):
            uow.sessions.put(Session(call, APP.id, NODE, call[6:], "inbound", "1", "2", "answered", 1))

    world.change(calls)
    runs: list[int] = []

    def leg_then_caller(uow: UnitOfWork) -> str:
        runs.append(1)
        leg, caller = uow.sessions.get(CALL), uow.sessions.get(CALL2)
        assert leg is not None and caller is not None
        uow.sessions.put(replace(leg, to_number="9"))
        uow.sessions.put(replace(caller, to_number="9"))
        return "done"

    lock = "SELECT id FROM sessions WHERE id = %s FOR UPDATE"
    with world.engine.connect() as transfer, transfer.begin():
        transfer.exec_driver_sql("SET LOCAL deadlock_timeout = '1min'")  # the other one finds it, and is ended
        transfer.exec_driver_sql(lock, (CALL2,))
        write = gevent.spawn(world.store.write, leg_then_caller, Needs(sessions=(CALL,)))
        wait_for(lambda: _somebody_waits(world), "it waits for the caller")
        transfer.exec_driver_sql(lock, (CALL,))
    assert write.get(timeout=10) == "done"
    assert len(runs) > 1, "there was no dead lock"
    with world.engine.connect() as connection:
        assert set(connection.exec_driver_sql("SELECT to_number FROM sessions").scalars()) == {"9"}


def _somebody_waits(world: World) -> bool:
    with world.engine.connect() as connection:
        waiting = connection.exec_driver_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(waiting.scalar())
