"""What waits for the disk: all that an app was told or is to be told; not the marks of a command, not a settled row."""

from typing import Any

import gevent
import pytest
from sqlalchemy import Connection

from gateway.domain.apps import App
from gateway.domain.idempotency import Cooldown
from gateway.services.commands import Asked, CommandDesk
from gateway.store.store import COMMIT_AT_ONCE
from gateway.store.unit_of_work import Needs, UnitOfWork
from tests.world import World

NORMAL, FULL = 1, 2  # PRAGMA synchronous
LASTING, PASSING = Needs(), Needs(passing=True)


def synchronous(uow: UnitOfWork) -> int:
    return int(uow.connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


def test_only_passing_work_leaves_the_disk_alone(world: World) -> None:
    ask = world.store.write
    assert ask(synchronous, LASTING) == FULL
    assert ask(synchronous, PASSING) == NORMAL
    assert ask(synchronous, LASTING) == FULL, "the next one waits again, and for all that was written before it"


def test_a_group_waits_when_one_of_it_must_last(world: World) -> None:
    asked = [gevent.spawn(world.store.write, synchronous, needs) for needs in (PASSING, LASTING, PASSING)]
    gevent.joinall(asked)
    assert [one.get() for one in asked] == [FULL, FULL, FULL]


def test_after_a_failure_the_next_connection_is_set_anew(world: World) -> None:
    def fail(uow: UnitOfWork) -> None:
        uow.cooldowns.put(Cooldown("half", 1))
        raise ValueError("in the middle")

    world.store.write(synchronous, PASSING)
    with pytest.raises(ValueError, match="in the middle"):
        world.store.write(fail, PASSING)
    assert world.store.write(synchronous, LASTING) == FULL
    assert world.store.write(synchronous, PASSING) == NORMAL


@pytest.mark.parametrize("count", [1, COMMIT_AT_ONCE + 1], ids=["at once", "in a thread"])
def test_passing_work_is_there_for_every_other_connection(world: World, count: int) -> None:
    """Committed to the kernel: whoever opens the file now sees it, as after kill -9."""

    def put(uow: UnitOfWork) -> None:
        for number in range(count):
            uow.cooldowns.put(Cooldown(f"room:{number}", 1))

    def counted(connection: Connection) -> Any:
        return connection.exec_driver_sql("SELECT count(*) FROM cooldowns").scalar_one()

    world.store.write(put, PASSING)
    assert world.store.read(counted) == count


@pytest.mark.parametrize(
    ("given", "roomless", "passing"),
    [(False, True, True), (True, True, False), (False, False, False)],
    ids=["mute", "mute with a command_uid", "join"],
)
def test_which_commands_pass(world: World, given: bool, roomless: bool, passing: bool) -> None:
    """An idempotency key must hold after any stop: with one the command waits for the disk."""
    desk = CommandDesk(world.store, pool=None, owner="here")  # type: ignore[arg-type]
    asked = Asked(App("app", "demo", 0), "/path", "uid", given, "hash")
    assert desk.needs(asked, "conference_mute", "a", roomless=roomless, sessions=("a",)).passing is passing
