"""Commands that may have run (504) and did not: what happens much later is not charged to them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain import happenings as told
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.errors import SwitchTimeout
from gateway.services.commands import Asked, CommandDesk
from gateway.services.effects import LockAgain
from gateway.services.room_commands import RoomCommands
from gateway.services.room_members import RoomMembers
from gateway.services.session_members import SessionMembers
from gateway.store.unit_of_work import UnitOfWork
from tests.world import APP, CALL, CONFERENCE, NODE, ROOM, World

PARKED = told.CallParked(CALL, NODE, CALL.partition("-")[2], True, "527121102", "+15551230002", 1000, False, 1000)
JOINED = told.MemberJoined(ROOM, CONFERENCE, CALL, 12, True, 3000)
PLACE = ROOM, CONFERENCE, CALL
LONG_MS, AT_ONCE_MS = 31_000, 1_000


class LateClock:
    """Says what it is set to."""

    def __init__(self) -> None:
        self.now = 10**12

    def now_ms(self) -> int:
        return self.now


class SilentPool:
    """No reply comes; whether the command ran is not known."""

    def send(self, _node_id: str, _command: Any, check: bool = True) -> Any:
        raise SwitchTimeout("no reply within 1 s; it may have run")


class Stage:
    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = LateClock()
        world.store._clock = self.clock
        desk = CommandDesk(world.store, SilentPool(), "here", cooldowns=False)  # type: ignore[arg-type]
        self.members, self.room_members = SessionMembers(desk), RoomMembers(world.store, desk)
        self.doors = RoomCommands(world.store, desk)

    def ask(self, command: Callable[..., Any], *args: Any) -> None:
        with pytest.raises(SwitchTimeout):
            command(Asked(APP, "/path", "lost", False, ""), *args)

    def last(self) -> tuple[Any, Any, Any]:
        """What was told last, by whom, and its command_uid."""
        event = self.world.told[-1]
        return event["event"], event["data"].get("by"), event["data"].get("command_uid")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    world = World(tmp_path)
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    world.happen(PARKED, JOINED)
    yield Stage(world)
    world.close()


@pytest.mark.parametrize(("later_ms", "by", "uid"), [(LONG_MS, "member", None), (AT_ONCE_MS, "app", "lost")])
def test_a_mute_without_a_command_of_ours_is_the_members(stage: Stage, later_ms: int, by: str, uid: str | None) -> None:
    """contract.md: "A mute without a command of ours is `by: "member"` when that channel's keys `*6` came before"."""
    stage.ask(stage.members.mute, CALL, False)
    stage.clock.now += later_ms
    keys = [told.KeyPressed(CALL, key, stage.clock.now - 10) for key in "*6"]
    stage.world.happen(*keys, told.MemberMuteChanged(*PLACE, False, stage.clock.now))
    assert stage.last() == ("conference.member.unmuted", by, uid)


def asked_and_told(stage: Stage, what: str, at: int) -> tuple[Any, tuple[Any, ...], told.Happening]:
    known: dict[str, tuple[Any, tuple[Any, ...], told.Happening]] = {
        "deaf": (stage.room_members.deaf, (True,), told.MemberDeafChanged(*PLACE, True, at)),
        "hold": (stage.room_members.hold, (), told.MemberHoldChanged(*PLACE, True, at)),
        "volume": (stage.room_members.volume, ("in", 2), told.MemberVolumeChanged(*PLACE, "in", 2, at)),
    }
    return known[what]


@pytest.mark.parametrize(("later_ms", "by", "uid"), [(LONG_MS, "switch", None), (AT_ONCE_MS, "app", "lost")])
@pytest.mark.parametrize("what", ["deaf", "hold", "volume"])
def test_what_somebody_at_the_switch_does_later_is_not_the_apps(
    stage: Stage, what: str, later_ms: int, by: str, uid: str | None
) -> None:
    """contract.md: command_uid "comes back … in each webhook that the command causes", and in no other."""
    command, args, happening = asked_and_told(stage, what, stage.clock.now + later_ms)
    stage.ask(command, ROOM, CALL, *args)
    stage.clock.now += later_ms
    stage.world.happen(happening)
    assert stage.last()[1:] == (by, uid)


@pytest.mark.parametrize("what", ["deaf", "hold", "volume"])
def test_what_waited_while_the_database_was_away_is_the_apps(stage: Stage, what: str) -> None:
    """An event 30 ms behind its command that is applied a minute later: contract.md, "by" and command_uid as ever."""
    command, args, happening = asked_and_told(stage, what, stage.clock.now + 30)
    stage.ask(command, ROOM, CALL, *args)
    stage.clock.now += 60_000
    stage.world.happen(happening)
    assert stage.last()[1:] == ("app", "lost")


def test_a_mute_that_waited_while_the_database_was_away_is_the_apps(stage: Stage) -> None:
    stage.ask(stage.members.mute, CALL, False)
    at = stage.clock.now + 30
    stage.clock.now += 60_000
    stage.world.happen(told.MemberMuteChanged(*PLACE, False, at))
    assert stage.last() == ("conference.member.unmuted", "app", "lost")


@pytest.mark.parametrize(("later_ms", "uid"), [(LONG_MS, None), (AT_ONCE_MS, "lost")])
def test_a_lock_at_the_switch_later_is_not_the_apps(stage: Stage, later_ms: int, uid: str | None) -> None:
    """contract.md: command_uid "comes back … in each webhook that the command causes", and in no other."""
    stage.ask(stage.doors.lock, ROOM, True)
    stage.clock.now += later_ms
    stage.world.happen(told.RoomLockChanged(ROOM, CONFERENCE, True, stage.clock.now))
    assert stage.last() == ("conference.locked", None, uid)


@pytest.mark.parametrize("later_ms", [LONG_MS, AT_ONCE_MS])
def test_an_unlock_that_was_lost_does_not_open_the_room_later(stage: Stage, later_ms: int) -> None:
    """contract.md, Names: "Settings of a room … live in the store and are set again": what an app locked stays so."""
    stage.world.happen(told.RoomLockChanged(ROOM, CONFERENCE, True, 8000))
    stage.ask(stage.doors.lock, ROOM, False)
    stage.clock.now += later_ms
    stage.world.happen(told.RoomLockChanged(ROOM, CONFERENCE, False, stage.clock.now, found=True))
    if later_ms == LONG_MS:
        assert (stage.world.effects[-1], stage.world.names[-1]) == (LockAgain(ROOM), "conference.locked")
    else:
        assert stage.last() == ("conference.unlocked", None, "lost")


def test_words_that_were_written_before_they_had_a_time_count(stage: Stage) -> None:
    """contract.md: "nothing lost once its transaction is committed": rows of the release before are read."""

    def old(uow: UnitOfWork) -> None:
        seat, room = uow.seats.get(CALL), uow.rooms.get(ROOM)
        assert isinstance(seat, Seat) and room is not None
        asked = {"asked": [["deaf", "old-deaf"]]}
        uow.seats.put(replace(seat, mute_asked="mute unmute", mute_uid="older old", marks=asked))
        uow.rooms.put(replace(room, settings={"asked": [[True, "old-lock"]]}))

    stage.world.change(old)
    happenings: dict[str, told.Happening] = {
        "old": told.MemberMuteChanged(*PLACE, False, 9000),
        "old-deaf": told.MemberDeafChanged(*PLACE, True, 9001),
        "old-lock": told.RoomLockChanged(ROOM, CONFERENCE, True, 9002),
    }
    for uid, happening in happenings.items():
        stage.world.happen(happening)
        assert stage.last()[2] == uid
