"""kept.py: rows are kept from one SQLite transaction to the next, and never longer than they are true."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import delete

from gateway.domain.room import Room
from gateway.domain.values import replace
from gateway.errors import StoreError
from gateway.store import tables
from gateway.store.kept import Kept
from gateway.store.unit_of_work import Needs, UnitOfWork
from tests.world import APP, NODE, ROOM, World

NEEDS = Needs(rooms=(ROOM,))
FIRST = Room(ROOM, APP.id, NODE, "standup", "api", 500)


@pytest.fixture
def world(world: World) -> World:
    world.change(lambda uow: uow.rooms.put(FIRST))
    return world


def room(world: World) -> Room | None:
    return world.store.write(lambda uow: uow.rooms.get(ROOM), NEEDS)


def named(name: str) -> Any:
    def work(uow: UnitOfWork) -> None:
        uow.rooms.put(replace(FIRST, name=name))

    return work


def elsewhere(world: World, statement: str) -> None:
    """As `gateway` on the command line would: another connection to the same file."""
    with closing(sqlite3.connect(world.engine.url.database or "", isolation_level=None)) as other:
        other.execute(statement)


def test_a_row_is_not_read_again(world: World) -> None:
    """The very value that was committed is there again; a row that was read makes a new one each time."""
    before = room(world)
    assert before == FIRST
    assert room(world) is before
    elsewhere(world, "UPDATE cooldowns SET until_at = 0")
    assert room(world) == before, "nothing of it changed"


def test_what_another_connection_writes_is_seen(world: World) -> None:
    assert room(world) == FIRST
    elsewhere(world, "UPDATE rooms SET name = 'renamed'")
    assert room(world) == replace(FIRST, name="renamed")
    elsewhere(world, "DELETE FROM rooms")
    assert room(world) is None


def test_a_row_of_a_transaction_that_was_rolled_back_is_not_kept(world: World) -> None:
    def fails(uow: UnitOfWork) -> None:
        named("never")(uow)
        uow.flush_rows()
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        world.change(fails)
    assert room(world) == FIRST


def test_a_commit_that_fails_leaves_nothing_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_disk(*_transaction: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "_commit", no_disk)
        with pytest.raises((StoreError, sqlite3.OperationalError)):
            world.change(named("never"))
    assert room(world) == FIRST
    world.change(named("after"))
    assert room(world) == replace(FIRST, name="after")


def test_what_is_dropped_or_deleted_is_gone(world: World) -> None:
    world.change(lambda uow: uow.rooms.drop(ROOM))
    assert room(world) is None
    world.change(lambda uow: uow.rooms.put(FIRST))
    world.change(lambda uow: uow.execute(delete(tables.rooms)))
    assert room(world) is None, "a statement past the rows"


def test_what_is_used_stays_and_the_rest_is_let_go() -> None:
    kept = Kept({"rooms": 8})
    rooms = kept.of("rooms")
    assert rooms is not None
    kept.settle("rooms", {"used": 0, "gone": 0}, [])
    for number in range(20):
        kept.settle("rooms", {str(number): number}, ["gone"])
        assert rooms.get("used") is not None
        kept.settle("rooms", {"used": number}, [])
    assert rooms.get("gone") is None
    assert [rooms.get(str(number)) for number in range(17, 20)] == [17, 18, 19]
    assert [rooms.get(str(number)) for number in range(12)] == [None] * 12
    assert kept.of("flows") is None, "a table that is not kept"
    kept.clear()
    assert rooms.get("used") is None
