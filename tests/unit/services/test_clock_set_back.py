"""The clock is set back by an hour: cooldowns, joins and operations end as if it had not been."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.idempotency import Cooldown
from gateway.domain.ids import new_uuid
from gateway.domain.member import JOINING, Seat
from gateway.domain.room import Room
from gateway.domain.session import Operation, Session
from gateway.errors import CoolingDown
from gateway.services.commands import WINDOW_MS, Asked, CommandDesk
from gateway.services.housekeeping import Housekeeping, Keep
from gateway.store.unit_of_work import UnitOfWork
from tests.world import APP, CALL, NODE, ROOM, World

HOUR_MS = 3_600_000
ASKED = Asked(APP, "/path", "key-1", False, "hash")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def now(world: World) -> int:
    return world.store.write(lambda uow: uow.now)


@pytest.mark.parametrize("group", WINDOW_MS)
def test_a_cooldown_shuts_nobody_out(world: World, group: str) -> None:
    """ "429 carries `Retry-After`": of the group's window, 2 s or 200 ms, and never of an hour."""
    desk = CommandDesk(world.store, None, "owner-1")  # type: ignore[arg-type]

    def gate(left_ms: int) -> None:
        def work(uow: UnitOfWork) -> None:
            uow.cooldowns.put(Cooldown(f"{group}:{ROOM}", uow.now + left_ms))
            desk.gate(uow, ASKED, group, ROOM)

        world.store.write(work)

    gate(HOUR_MS)
    gate(0)
    for left_ms in (WINDOW_MS[group], WINDOW_MS[group] + 50):  # by another replica, whose clock is 50 ms ahead
        with pytest.raises(CoolingDown) as refused:
            gate(left_ms)
        assert 0 < refused.value.retry_after_ms <= WINDOW_MS[group]


def test_a_join_ends_after_its_timeout(world: World, now: int) -> None:
    """ "A joining seat ends after join_timeout_s (10) with join_failed (reason timeout)" """

    def work(uow: UnitOfWork) -> None:
        uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 1))
        uow.sessions.put(Session(CALL, APP.id, NODE, CALL[6:], "inbound", "1", "2", "answered", 1))
        uow.seats.put(Seat(CALL, ROOM, APP.id, JOINING, 1, now + HOUR_MS))

    world.change(work)
    house = Housekeeping(world.store, Keep(0))
    house.tick(now)
    assert world.names == [], "it may have been asked a moment ago"
    house.tick(now + 60_000)
    assert world.names == ["conference.member.join_failed"]
    assert world.told[0]["data"]["reason"] == "timeout"


def test_an_operation_ends_at_its_limit(world: World, now: int) -> None:
    """ "end with a `command.result` webhook `{… status: "ok"|"failed"|"timeout"}`" """
    made, key = now + HOUR_MS, new_uuid()

    def work(uow: UnitOfWork) -> None:
        uow.sessions.put(Session(CALL, APP.id, NODE, CALL[6:], "inbound", "1", "2", "answered", 1))
        uow.operations.put(Operation(key, APP.id, CALL, "hangup", "u", "me", made, made + 5000))

    world.change(work)
    house = Housekeeping(world.store, Keep(10_000))
    for at, told in ((now, []), (now + 4000, []), (now + 5001, ["command.result"])):
        house.tick(at)
        assert world.names == told
    assert world.told[0]["data"]["status"] == "timeout"
