"""Whose command_uid conference.play.stopped carries: it "comes back in each webhook that the command causes"."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.room import Playback, Room
from gateway.errors import GatewayError, SwitchTimeout, SwitchUnavailable
from gateway.services import playback
from gateway.services.commands import Asked, CommandDesk
from gateway.services.player import Player
from gateway.services.room_audio import RoomAudio
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Command
from gateway.switch.replies import Reply
from tests.world import APP, NODE, ROOM, World

URL = "http://127.0.0.1/a.wav"


class Switch:
    """Takes every command but for those that `fails` says."""

    def __init__(self) -> None:
        self.fails: GatewayError | None = None

    def send(self, _node_id: str, _command: Command, check: bool = True) -> Reply:
        if self.fails:
            raise self.fails
        return Reply("+OK")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500, members=1)))
    yield world
    world.close()


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def audio(world: World, switch: Switch) -> RoomAudio:
    """Two playbacks were asked for: the first is in the switch."""
    desk = CommandDesk(world.store, switch, "owner-1", cooldowns=False)  # type: ignore[arg-type]
    audio = RoomAudio(world.store, desk, lambda *_: None)
    audio.play(asked("first"), ROOM, [URL])
    audio.play(asked("second"), ROOM, [URL])
    return audio


def asked(uid: str) -> Asked:
    return Asked(APP, f"/{uid}", uid, True, "hash")


def stopped(world: World) -> list[tuple[str, str]]:
    told = [event["data"] for event in world.told if event["event"] == "conference.play.stopped"]
    return [(data["reason"], data["command_uid"]) for data in told]


def current(world: World) -> Playback:
    found: list[Playback] = []

    def work(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        playing = playback.current(uow, room) if room else None
        found.extend([playing] if playing else [])

    world.change(work)
    return found[0]


def test_of_the_play_that_interrupts(world: World, audio: RoomAudio) -> None:
    audio.play(asked("third"), ROOM, [URL], interrupt=True)
    assert stopped(world) == [("interrupted", "third"), ("interrupted", "third")]
    started = [event["data"]["command_uid"] for event in world.told if event["event"] == "conference.play.started"]
    assert started == ["first", "second", "third"]


def test_of_the_stop_that_got_no_answer_and_is_finished_later(world: World, switch: Switch, audio: RoomAudio) -> None:
    switch.fails = SwitchTimeout("no answer in time")
    with pytest.raises(SwitchTimeout):
        audio.stop(asked("quiet"), ROOM)
    switch.fails = None
    player = Player(world.store, switch, lambda url, _app_id: url, lambda *_: "", 0, 30.0)  # type: ignore[arg-type]
    player.resume(NODE, 10)
    assert stopped(world) == [("stopped", "quiet"), ("stopped", "quiet")]


def test_a_stop_that_was_not_taken_leaves_the_playback_its_own(world: World, switch: Switch, audio: RoomAudio) -> None:
    before = current(world)
    switch.fails = SwitchUnavailable("not connected")
    with pytest.raises(SwitchUnavailable):
        audio.stop(asked("quiet"), ROOM)
    assert current(world) == before
