"""store.py: a piece of work is done once, whatever fails around it."""

from typing import Any

import gevent
import pytest
from gevent.event import Event

from gateway.domain.idempotency import Cooldown
from gateway.domain.room import Room
from gateway.domain.values import replace
from gateway.errors import StoreUnavailable
from gateway.store import tables
from tests.world import APP, NODE, ROOM, World


def test_what_fails_after_the_commit_does_not_run_the_work_again(world: World) -> None:
    """on_commit is told of what is durable: when it raises, the work must not be rolled back, run again or refused."""
    runs: list[int] = []

    def fails(_effects: list[Any], _endpoints: Any) -> None:
        raise RuntimeError("no greenlet to be had")

    world.store.on_commit = fails

    def work(uow: Any) -> str:
        runs.append(1)
        uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500))
        return "done"

    assert world.store.write(work) == "done"
    assert runs == [1]


def test_what_was_given_up_is_not_begun(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was told that the change was not taken finds nothing changed, also where a group has to be run again."""
    world.store.write(lambda _uow: None)
    monkeypatch.setattr(world.store, "_write_timeout_s", 0.1)
    runs: list[str] = []
    given_up = Event()

    def slow_and_failing(uow: Any) -> None:
        runs.append("slow")
        uow.cooldowns.put(Cooldown("slow", 1))
        given_up.wait(10)
        raise ValueError("too late")

    def behind_it(uow: Any) -> None:
        runs.append("behind it")
        uow.cooldowns.put(Cooldown("behind it", 1))

    both = [gevent.spawn(world.store.write, work) for work in (slow_and_failing, behind_it)]
    gevent.joinall(both)
    given_up.set()
    assert [type(each.exception) for each in both] == [StoreUnavailable, StoreUnavailable]
    monkeypatch.setattr(world.store, "_write_timeout_s", 30.0)
    assert world.store.write(lambda uow: uow.cooldowns.where()) == []
    assert runs == ["slow"]


def test_a_row_that_cannot_be_written_fails_the_one_who_put_it(world: World) -> None:
    """Not who asks for rows behind it in the same group, and not nobody."""
    room = Room(ROOM, APP.id, NODE, "standup", "api", 500)
    world.change(lambda uow: uow.rooms.put(room))

    def puts(uow: Any) -> None:
        uow.rooms.put(replace(uow.rooms.get(ROOM), volume=2**63, name="unfit"))

    def asks(uow: Any) -> list[str]:
        return [found.name for found in uow.rooms.where(tables.rooms.c.app_id == APP.id)]

    putting, asking = gevent.spawn(world.store.write, puts), gevent.spawn(world.store.write, asks)
    gevent.joinall([putting, asking])
    assert isinstance(putting.exception, OverflowError)
    assert asking.get() == ["standup"]
    assert world.store.write(lambda uow: uow.rooms.get(ROOM)) == room
