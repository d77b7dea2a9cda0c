"""Pause, stop and a file that opens cross each other; replies come late or are lost. Found by review, with these."""

from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event

from gateway.domain import happenings as told
from gateway.domain.room import PAUSED, Playback, Room
from gateway.errors import SwitchTimeout
from gateway.services.commands import Asked, CommandDesk
from gateway.services.effects import PlayNext
from gateway.services.player import Player
from gateway.services.room_audio import RoomAudio
from gateway.store import rooms as room_rows
from gateway.switch.commands import PausePlay, Play, PlayStatus, StopPlay
from gateway.switch.replies import Reply
from tests.unit.services.test_player import enqueue
from tests.world import APP, NODE, ROOM, World

LIMIT_S = 5.0
MUCH_LATER = 2 * 10**15


class RoomPlayer:
    """What the switch plays in the one room. `during` stands around each command: it may let others go first."""

    def __init__(self) -> None:
        self.file = ""
        self.paused = False
        self.lost_replies = 0
        self.during: Callable[[Any, Callable[[], Reply]], Reply] = lambda _command, do: do()

    def send(self, _node_id: str, command: Any, check: bool = True) -> Reply:
        return self.during(command, lambda: self._do(command))

    def _do(self, command: Any) -> Reply:
        if isinstance(command, Play):
            self.file, self.paused = command.operation_id, False
            return Reply("+OK")
        if isinstance(command, StopPlay):
            count, self.file, self.paused = int(bool(self.file)), "", False
            return Reply(f"+OK Stopped {count} files.")
        if not self.file:
            return Reply("-ERR Nothing is playing" if isinstance(command, PlayStatus) else "-ERR no reply")
        if not isinstance(command, PausePlay):
            return Reply("+OK")
        self.paused = not self.paused
        if self.lost_replies:
            self.lost_replies -= 1
            raise SwitchTimeout("no reply")
        return Reply("+OK Pause" if self.paused else "+OK Resume")


class Stage:
    def __init__(self, world: World) -> None:
        self.world, self.switch = world, RoomPlayer()
        pool: Any = self.switch
        self.player = Player(world.store, pool, lambda url, _app_id: url, lambda *_: "", 0, 30.0)
        self.audio = RoomAudio(world.store, CommandDesk(world.store, pool, "here", cooldowns=False), lambda *_: None)

    def queue_of(self) -> Playback | None:
        with self.world.engine.connect() as connection:
            return room_rows.with_playback(connection, ROOM)[1]

    def names(self) -> list[tuple[str, Any]]:
        events = [event for event in self.world.told if event["event"].startswith("conference.play.")]
        return [(event["event"].rpartition(".")[2], event["data"].get("command_uid")) for event in events]


@pytest.fixture
def stage(world: World) -> Stage:
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500, members=1)))
    return Stage(world)


def asked(uid: str) -> Asked:
    return Asked(APP, f"/{uid}", uid, True, "", cooled=False)


def test_a_pause_whose_reply_was_lost_is_found_out_also_when_it_was_resumed_since(stage: Stage) -> None:
    """What is told holds: `resumed` was told, so the switch must not stay paused."""
    enqueue(stage.world, "one")
    stage.switch.lost_replies = 1

    def paused_while_it_opens(command: Any, do: Callable[[], Reply]) -> Reply:
        reply = do()
        if isinstance(command, Play):
            stage.audio.pause(asked("pause"), ROOM)
        return reply

    stage.switch.during = paused_while_it_opens
    stage.player.play_next(PlayNext(ROOM, "one"))
    stage.audio.pause(asked("resume"), ROOM)
    stage.player.resume(NODE, MUCH_LATER)
    playing = stage.queue_of()
    assert playing is not None
    assert playing.is_open
    assert (playing.status == PAUSED) == stage.switch.paused
    assert stage.names()[-1] == ("resumed", "resume")


def test_a_stop_that_came_before_the_file_was_open_stops_it(stage: Stage) -> None:
    """contract.md: a playback that was told stopped does not go on playing."""
    enqueue(stage.world, "one")
    fetching, stop_sent, opened = Event(), Event(), Event()

    def crossing(command: Any, do: Callable[[], Reply]) -> Reply:
        if isinstance(command, Play):
            fetching.set()
            assert stop_sent.wait(LIMIT_S)  # it fetches the file
            return do()
        reply = do()
        if isinstance(command, StopPlay) and not stop_sent.is_set():
            stop_sent.set()
            assert opened.wait(LIMIT_S)  # the reply is on its way
        return reply

    stage.switch.during = crossing
    playing = gevent.spawn(stage.player.play_next, PlayNext(ROOM, "one"))
    assert fetching.wait(LIMIT_S)
    stopping = gevent.spawn(stage.audio.stop, asked("stop"), ROOM)
    playing.get(timeout=LIMIT_S)
    opened.set()
    stopping.get(timeout=LIMIT_S)
    assert stage.switch.file == ""
    assert stage.names()[-1] == ("stopped", "stop")


def test_a_pause_whose_reply_comes_behind_a_stop_does_not_undo_it(stage: Stage) -> None:
    """contract.md: what a stop cuts off is told as stopped, never as finished."""
    enqueue(stage.world, "one")
    stage.player.play_next(PlayNext(ROOM, "one"))
    paused, stop_sent, pause_over = Event(), Event(), Event()

    def crossing(command: Any, do: Callable[[], Reply]) -> Reply:
        if isinstance(command, PausePlay):
            reply = do()
            paused.set()
            assert stop_sent.wait(LIMIT_S)
            return reply
        if isinstance(command, StopPlay):
            stop_sent.set()
            assert pause_over.wait(LIMIT_S)
            file, reply = stage.switch.file, do()
            stage.world.happen(told.FilePlayed(ROOM, file, 1))
            return reply
        return do()

    stage.switch.during = crossing
    pausing = gevent.spawn(stage.audio.pause, asked("pause"), ROOM)
    assert paused.wait(LIMIT_S)
    stopping = gevent.spawn(stage.audio.stop, asked("stop"), ROOM)
    gevent.joinall([pausing], timeout=LIMIT_S)
    pause_over.set()
    stopping.get(timeout=LIMIT_S)
    assert "finished" not in [name for name, _ in stage.names()]
    assert stage.names()[-1] == ("stopped", "stop")
