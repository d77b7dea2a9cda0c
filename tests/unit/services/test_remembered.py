"""What the commands of several steps remember of themselves: mute_all, floor, coach, uncoach (contract, "Session
commands": "2xx and 504 are remembered, 4xx and 503 free it").
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.member import JOINED, Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.errors import GatewayError, NotFound, SwitchTimeout, SwitchUnavailable
from gateway.services import room_settings
from gateway.services.coaching import Coaching
from gateway.services.commands import Answer, Asked, CommandDesk
from gateway.services.floor import Floors
from gateway.services.room_commands import RoomCommands
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Command, Floor
from gateway.switch.replies import Reply
from tests.world import APP, CALL, CALL2, CONFERENCE, NODE, ROOM, World

Run = Callable[[Asked], Answer]
HOLDER = 9


class Switch:
    """Takes every command, but `fails` with the next one that is asked beside a claim; somebody else has the floor."""

    def __init__(self) -> None:
        self.fails: GatewayError | None = None
        self.during: Callable[[], None] = lambda: None
        self.sent: list[Command] = []
        self.held = True

    def send(self, _node_id: str, command: Command, check: bool = True) -> Reply:
        self.sent.append(command)
        self.during()
        if isinstance(command, Floor) and command.member != HOLDER:
            return Reply(f"-ERR floor is held by {HOLDER}" if self.held else f"+OK floor {command.member}")
        if self.fails:
            error, self.fails = self.fails, None
            raise error
        self.held = False
        return Reply("+OK")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.change(_two_in_a_room)
    yield world
    world.close()


def _two_in_a_room(uow: UnitOfWork) -> None:
    uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500, members=2, conference_uuid=CONFERENCE))
    for number, call in enumerate((CALL, CALL2), 1):
        uow.sessions.put(Session(call, APP.id, NODE, call.partition("-")[2], "inbound", "1", "2", "answered", 1))
        seat = Seat(call, ROOM, APP.id, JOINED, number, 1, member_id=number, conference_uuid=CONFERENCE)
        uow.seats.put(seat)


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture(params=["floor", "coach", "uncoach"])
def run(request: pytest.FixtureRequest, world: World, switch: Switch) -> Run:
    """One of the commands that ask the switch several things."""
    desk = CommandDesk(world.store, switch, "owner-1", cooldowns=False)  # type: ignore[arg-type]
    coaching, floors = Coaching(world.store, desk), Floors(world.store, desk)
    if request.param == "uncoach":
        world.change(lambda uow: _coached(uow))
    runs: dict[str, Run] = {
        "floor": lambda asked: floors.claim(asked, ROOM, CALL),
        "coach": lambda asked: coaching.coach(asked, ROOM, CALL, [CALL2]),
        "uncoach": lambda asked: coaching.uncoach(asked, ROOM, CALL, []),
    }
    return runs[str(request.param)]


def _coached(uow: UnitOfWork) -> None:
    room = uow.rooms.get(ROOM)
    assert room is not None
    uow.rooms.put(room_settings.with_coach(room, CALL, [CALL2]))


def asked(uid: str = "key-1") -> Asked:
    return Asked(APP, "/path", uid, True, "hash")


def destroy(world: World) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.rooms.drop(ROOM)

    world.change(work)


def test_a_switch_that_does_not_answer_is_remembered(run: Run, switch: Switch) -> None:
    """ "the same app, path and command_uid gets the first answer again and nothing is sent twice": also 504."""
    switch.fails = SwitchTimeout("no answer in time")
    with pytest.raises(SwitchTimeout):
        run(asked())
    sent = len(switch.sent)
    again = run(asked())
    assert (again.status, b"switch-timeout" in again.remembered) == (504, True)
    assert len(switch.sent) == sent


def test_a_switch_that_is_away_frees_the_key(run: Run, switch: Switch) -> None:
    """ "4xx and 503 free it": the repeat runs, and is not told 504."""
    switch.fails = SwitchUnavailable("not connected")
    with pytest.raises(SwitchUnavailable):
        run(asked())
    assert run(asked()).status == 202


def test_a_coaching_whose_room_ends_meanwhile_frees_the_key(world: World, switch: Switch) -> None:
    """ "4xx and 503 free it" """
    coaching = Coaching(world.store, CommandDesk(world.store, switch, "owner-1", cooldowns=False))  # type: ignore[arg-type]
    switch.during = lambda: destroy(world)
    for _ in range(2):
        with pytest.raises(NotFound) as refused:
            coaching.coach(asked(), ROOM, CALL, [CALL2])
        assert refused.value.error_id == "room-not-found"


@pytest.mark.parametrize("command", ["mute_all", "unmute_all", "coach"])
def test_the_first_answer_holds_when_the_room_is_gone(world: World, switch: Switch, command: str) -> None:
    """ "the same app, path and command_uid gets the first answer again": also when what it names is gone since."""
    desk = CommandDesk(world.store, switch, "owner-1", cooldowns=False)  # type: ignore[arg-type]
    doors, coaching = RoomCommands(world.store, desk), Coaching(world.store, desk)

    def run() -> Answer:
        if command == "coach":
            return coaching.coach(asked(), ROOM, CALL, [CALL2])
        return doors.mute_all(asked(), ROOM, command == "mute_all")

    first: dict[str, Any] = run().body
    assert first["command_uid"] == "key-1"
    destroy(world)
    again = run()
    assert (again.status, b'"command_uid":"key-1"' in again.remembered) == (202, True)
