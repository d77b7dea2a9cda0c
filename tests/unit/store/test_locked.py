"""The write lock of a SQLite file held by another process (a shell, VACUUM): only who writes waits, not the loop."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import gevent
import pytest
from sqlalchemy import Connection

from gateway.domain.idempotency import Cooldown
from gateway.errors import StoreError
from gateway.store import migrate
from gateway.store.engine import open_engine
from gateway.store.unit_of_work import UnitOfWork
from tests.waiting import wait_for
from tests.world import World

STOOD_STILL_S = 1.0  # a busy machine takes part of it; the busy handler took ten


def longest_pause_s(beats: int) -> float:
    """How long the loop let us wait at the most, while we asked for 2 ms each time."""
    longest, last = 0.0, time.monotonic()
    for _ in range(beats):
        gevent.sleep(0.002)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    return longest


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.change(lambda uow: uow.cooldowns.put(Cooldown("before", 1)))
    yield world
    world.close()


@pytest.fixture
def other(tmp_path: Path, world: World) -> Iterator[sqlite3.Connection]:
    """Somebody else at the same file, who has begun to write."""
    with closing(sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def cooldowns(world: World) -> list[str]:
    def ask(connection: Connection) -> list[str]:
        return [row[0] for row in connection.exec_driver_sql("SELECT id FROM cooldowns ORDER BY id")]

    return world.store.read(ask)


def put(key: str) -> Callable[[UnitOfWork], None]:
    def work(uow: UnitOfWork) -> None:
        uow.cooldowns.put(Cooldown(key, 1))

    return work


def test_all_others_go_on_while_a_write_waits_for_the_lock(world: World, other: sqlite3.Connection) -> None:
    writing = gevent.spawn(world.store.write, put("waited"))
    assert longest_pause_s(100) < STOOD_STILL_S
    assert not writing.ready()
    assert cooldowns(world) == ["before"]
    other.execute("ROLLBACK")
    wait_for(writing.ready, "the write goes on once the lock is free")
    assert writing.exception is None
    assert cooldowns(world) == ["before", "waited"]


def test_a_write_waits_for_the_lock_no_longer_than_its_limit(
    world: World, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All tries together; and what its caller was told has failed is not done when the lock is free at last."""
    monkeypatch.setattr(world.store, "_write_timeout_s", 0.2)
    began = time.monotonic()
    with pytest.raises(StoreError, match="did not take the change within"):
        world.store.write(put("given up"))
    assert time.monotonic() - began < STOOD_STILL_S
    monkeypatch.setattr(world.store, "_write_timeout_s", 30.0)
    late = gevent.spawn(world.store.write, put("in time"))
    other.execute("ROLLBACK")
    wait_for(late.ready, "who asked later gets its turn")
    assert cooldowns(world) == ["before", "in time"]


def test_who_gave_up_in_a_group_that_waits_is_left_out(
    world: World, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.store, "_write_timeout_s", 0.1)
    hasty = gevent.spawn(world.store.write, put("hasty"))
    gevent.sleep(0)  # it has set its limit
    monkeypatch.setattr(world.store, "_write_timeout_s", 30.0)
    patient = gevent.spawn(world.store.write, put("patient"))
    wait_for(hasty.ready, "its limit is over")
    other.execute("ROLLBACK")
    wait_for(patient.ready, "the rest of the group is written")
    assert isinstance(hasty.exception, StoreError)
    assert cooldowns(world) == ["before", "patient"]


def test_a_migration_waits_for_the_lock_too(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new.db")
    assert migrate.current(engine) is None
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        migrating = gevent.spawn(migrate.upgrade, engine)
        assert longest_pause_s(50) < STOOD_STILL_S
        assert not migrating.ready()
        other.execute("ROLLBACK")
    wait_for(migrating.ready, "the tables are made", limit_s=20)
    assert migrating.get() == migrate.newest()
    engine.dispose()
