"""The discipline of commands: what a key remembers, through crashes and a database that is away."""

from contextlib import suppress
from typing import Any

import pytest

from gateway.domain.member import JOINED, Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.errors import Conflict, StoreError, SwitchTimeout, SwitchUnavailable
from gateway.services.commands import Answer, Asked, CommandDesk
from gateway.services.rooms import Rooms
from gateway.services.session_members import SessionMembers
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.replies import Reply
from tests.world import APP, CALL, CONFERENCE, NODE, ROOM, World


class StubPool:
    """Takes every command; without a node when `down`."""

    def __init__(self) -> None:
        self.down = False
        self.sent: list[Any] = []
        self.during: Any = lambda: None

    def pick(self, _rooms: Any) -> Any:
        if self.down:
            raise SwitchUnavailable("no switch is connected")
        return type("Picked", (), {"id": NODE})

    def send(self, _node_id: str, command: Any, _check: bool = True) -> Reply:
        self.sent.append(command)
        self.during()
        return Reply("+OK")


@pytest.fixture
def pool() -> StubPool:
    return StubPool()


@pytest.fixture
def desk(world: World, pool: StubPool) -> CommandDesk:
    return CommandDesk(world.store, pool, "owner-1")  # type: ignore[arg-type]


@pytest.fixture
def rooms(world: World, pool: StubPool, desk: CommandDesk) -> Rooms:
    return Rooms(world.store, pool, desk)  # type: ignore[arg-type]


def asked(path: str = "/api/v1/conferences", uid: str = "key-1") -> Asked:
    return Asked(APP, path, uid, True, "hash")


def crash_before_write(world: World, number: int) -> None:
    """kill -9: the process dies before this write (counted from 1) of it is durable."""
    real, count = world.store.write, [0]

    def write(*arguments: Any) -> Any:
        count[0] += 1
        if count[0] >= number:
            raise StoreError("killed")
        return real(*arguments)

    world.store.write = write  # type: ignore[method-assign, assignment]


def test_a_room_that_is_made_is_remembered_with_it(world: World, pool: StubPool, rooms: Rooms) -> None:
    """A crash right after the commit: the repeat gets the room, not 504 for 24 hours; nothing was sent to a switch."""
    real = world.store.write
    crash_before_write(world, 2)
    with suppress(StoreError):  # with the crash after the commit, or before
        rooms.create(asked(), "standup")
    world.store.write = real  # type: ignore[method-assign]
    after = Rooms(world.store, pool, CommandDesk(world.store, pool, "owner-2"))  # type: ignore[arg-type]
    answer = after.create(asked(), "standup")
    assert answer.status == 201 and b"room_id" in answer.remembered


def test_a_repeat_needs_no_switch(pool: StubPool, rooms: Rooms) -> None:
    """contract: "Order of checks: auth, validation, ownership, idempotency key, cooldown, state"."""
    rooms.create(asked(), "standup")
    pool.down = True
    assert rooms.create(asked(), "standup").status == 201
    with pytest.raises(Conflict):
        rooms.create(asked(uid="key-2"), "standup")
    with pytest.raises(SwitchUnavailable):
        rooms.create(asked(uid="key-3"), "other")


def seat(uow: UnitOfWork) -> None:
    uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500, members=1, conference_uuid=CONFERENCE))
    uow.sessions.put(Session(CALL, APP.id, NODE, CALL.partition("-")[2], "inbound", "1", "2", "answered", 1))
    uow.seats.put(Seat(CALL, ROOM, APP.id, JOINED, 1, 1, member_id=3, conference_uuid=CONFERENCE))


def test_a_key_whose_answer_could_not_be_kept_is_not_under_way_for_ever(
    world: World, pool: StubPool, desk: CommandDesk
) -> None:
    """The database is away when the answer comes: the repeat was told command-in-progress for 24 hours."""
    world.change(seat)
    real = world.store.write
    pool.during = lambda: crash_before_write(world, 1)
    with pytest.raises(StoreError):
        SessionMembers(desk).leave(asked("/leave"), CALL)
    world.store.write = real  # type: ignore[method-assign]
    with pytest.raises(SwitchTimeout):
        SessionMembers(desk).leave(asked("/leave"), CALL)
    assert len(pool.sent) == 1


def test_a_repeat_while_the_first_is_unanswered_is_told_so(world: World, pool: StubPool, desk: CommandDesk) -> None:
    """contract: "a repeat while the first is unanswered: 409 `command-in-progress`"."""
    world.change(seat)
    told: list[str] = []

    def repeat() -> None:
        with pytest.raises(Conflict) as refused:
            SessionMembers(desk).leave(asked("/leave"), CALL)
        told.append(refused.value.error_id)

    pool.during = repeat
    assert isinstance(SessionMembers(desk).leave(asked("/leave"), CALL), Answer)
    assert told == ["command-in-progress"]
