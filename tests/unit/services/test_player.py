"""The player against a switch that is only asked: what it is sent when things cross."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain import happenings as told
from gateway.domain.room import PAUSED, PLAYING, Playback, Room
from gateway.errors import MediaError
from gateway.services import playback
from gateway.services.commands import Asked, CommandDesk
from gateway.services.effects import PlayNext
from gateway.services.player import Player
from gateway.services.room_audio import RoomAudio
from gateway.store import rooms as room_rows
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import FileVolume, PausePlay, Play, PlayStatus, StopPlay
from gateway.switch.replies import Reply
from tests.world import APP, NODE, ROOM, World

URL = "http://127.0.0.1/a.wav"


class StubPool:
    """Remembers what is sent; `during` is called while it is under way."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.during: Any = lambda _command: None
        self.replies: dict[type, list[str]] = {}

    def send(self, _node_id: str, command: Any, check: bool = True) -> Reply:
        self.sent.append(command)
        self.during(command)
        if replies := self.replies.get(type(command)):
            return Reply(replies.pop(0))
        return Reply("-ERR no reply" if isinstance(command, PlayStatus) else "+OK")


@pytest.fixture
def world(world: World) -> World:
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500, members=1)))
    return world


@pytest.fixture
def pool() -> StubPool:
    return StubPool()


@pytest.fixture
def player(world: World, pool: StubPool) -> Player:
    return Player(world.store, pool, lambda url, _app_id: url, lambda text, *_: f"http://h/{text}.wav", 0, 30.0)  # type: ignore[arg-type]


def enqueue(world: World, name: str) -> None:
    def work(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        assert room is not None
        playback.enqueue(uow, room, Playback(name, ROOM, APP.id, [URL]))

    world.change(work)


def cut(world: World) -> None:
    def work(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        assert room is not None
        playback.cut(uow, room, "stopped", uow.now)

    world.change(work)


def change(world: World, name: str, **values: Any) -> None:
    def work(uow: UnitOfWork) -> None:
        found = uow.playbacks.get(name)
        assert found is not None
        uow.playbacks.put(replace(found, **values))

    world.change(work)


def test_a_stop_and_a_new_play_while_the_switch_opens_the_file_stop_that_file(
    world: World, pool: StubPool, player: Player
) -> None:
    """The stop found nothing to stop; the file that comes up after it must not be heard before the new one."""
    enqueue(world, "old")

    def stop_and_play(command: Any) -> None:
        if isinstance(command, Play) and command.operation_id == "old.0":
            cut(world)
            enqueue(world, "new")

    pool.during = stop_and_play
    player.play_next(PlayNext(ROOM, "old"))
    player.play_next(PlayNext(ROOM, "new"))
    assert [type(command).__name__ for command in pool.sent] == ["Play", "StopPlay", "Play"]
    assert pool.sent[-1].operation_id == "new.0"


def test_a_file_that_ended_before_its_reply_came_stops_nothing(world: World, pool: StubPool, player: Player) -> None:
    enqueue(world, "one")
    enqueue(world, "two")

    def over(command: Any) -> None:
        if isinstance(command, Play) and command.operation_id == "one.0":
            world.happen(told.FilePlayed(ROOM, "one.0", 1000))
            change(world, "two", sent_at=1)  # by another process

    pool.during = over
    player.play_next(PlayNext(ROOM, "one"))
    assert not [command for command in pool.sent if isinstance(command, StopPlay)]


def test_a_stop_cut_short_by_a_crash_is_finished_at_the_switch_too(
    world: World, pool: StubPool, player: Player
) -> None:
    """kill -9 between the commit of `stop` and its sending: the files were announced as stopped, and played on."""
    enqueue(world, "one")
    change(world, "one", sent_at=1, status=playback.STOPPING)
    player.resume(NODE, 10)
    assert [type(command) for command in pool.sent] == [StopPlay]
    assert world.names[-1] == "conference.play.stopped"


def test_an_interrupt_ends_what_is_in_the_switch_first(world: World, pool: StubPool, player: Player) -> None:
    """tryvox-call-actions.txt: "Some actions (play, speak) will interrupt each other"."""
    enqueue(world, "one")
    enqueue(world, "two")
    player.play_next(PlayNext(ROOM, "one"))

    def work(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        assert room is not None
        speech = {"text": "hello", "voice": "", "language": ""}
        playback.interrupt(uow, room, Playback("three", ROOM, APP.id, speech=speech))

    world.change(work)
    player.play_next(PlayNext(ROOM, "one"))
    player.play_next(PlayNext(ROOM, "three"))
    assert [type(command) for command in pool.sent] == [Play, StopPlay, Play]
    assert (pool.sent[2].file, pool.sent[2].operation_id) == ("http://h/hello.wav", "three.0")
    stopped = [event["data"] for event in world.told if event["event"] == "conference.play.stopped"]
    interrupted = [("one", "interrupted"), ("two", "interrupted")]
    assert [(data["operation_id"], data["reason"]) for data in stopped] == interrupted


def asked_to_pause(world: World, pool: StubPool) -> dict[str, Any]:
    desk = CommandDesk(world.store, pool, "here", cooldowns=False)  # type: ignore[arg-type]
    audio = RoomAudio(world.store, desk, lambda *_: None)
    return audio.pause(Asked(APP, "/pause", "p-1", False, ""), ROOM).body


def now_playing(world: World) -> Playback:
    room, found = world.store.read(lambda connection: room_rows.with_playback(connection, ROOM))
    assert room is not None and found is not None
    return found


def test_what_a_crash_left_undone_of_a_file_that_was_opened_is_done(
    world: World, pool: StubPool, player: Player
) -> None:
    """contract.md: "The volume is the room's setting, for what plays now"; "paused" was told before kill -9, too."""
    enqueue(world, "one")
    change(world, "one", sent_at=-1, status=PAUSED)
    pool.replies = {PlayStatus: ["+OK 0/0 a.wav"], PausePlay: ["+OK Pause"]}
    player.resume(NODE, 10**15)
    assert pool.sent == [PlayStatus(ROOM), PausePlay(ROOM), FileVolume(ROOM, 0)]
    assert (now_playing(world).is_open, now_playing(world).status) == (True, PAUSED)
    assert now_playing(world).sent_at == 1


def test_a_pause_that_was_done_and_its_reply_lost_is_put_right(world: World, pool: StubPool, player: Player) -> None:
    """design.md: "A command that may have reached the switch is never sent again blindly": the reply is looked at."""
    enqueue(world, "one")
    change(world, "one", sent_at=-1, status=PAUSED)
    pool.replies = {PlayStatus: ["+OK 0/0 a.wav"], PausePlay: ["+OK Resume", "+OK Pause"]}
    player.resume(NODE, 10**15)
    assert [type(command) for command in pool.sent] == [PlayStatus, PausePlay, PausePlay, FileVolume]


def test_a_pause_and_a_resume_while_it_is_opened_and_paused_end_in_what_was_told(
    world: World, pool: StubPool, player: Player
) -> None:
    """contract.md, Webhooks: a legal chain "that ends in the switch's state"."""
    enqueue(world, "one")
    pool.replies = {PausePlay: ["+OK Pause", "+OK Resume"]}
    statuses: list[str] = []

    def ask(command: Any) -> None:
        if isinstance(command, (Play, PausePlay)) and len(statuses) < 2:
            statuses.append(asked_to_pause(world, pool)["status"])

    pool.during = ask
    player.play_next(PlayNext(ROOM, "one"))
    assert statuses == ["paused", "resumed"]
    assert [type(command) for command in pool.sent] == [Play, PausePlay, PausePlay]
    assert (now_playing(world).is_open, now_playing(world).status) == (True, PLAYING)


def test_a_paused_playback_whose_file_cannot_be_had_stays_paused(world: World, pool: StubPool) -> None:
    """contract.md: "A file that cannot be played: conference.play.failed …, the rest goes on" - after the resume."""

    def resolve(url: str, _app_id: str) -> str:
        assert asked_to_pause(world, pool)["status"] == "paused"
        raise MediaError("404")

    player = Player(world.store, pool, resolve, lambda text, *_: text, 0, 30.0)  # type: ignore[arg-type]
    enqueue(world, "one")
    change(world, "one", urls=[URL, URL + "?2"])
    player.play_next(PlayNext(ROOM, "one"))
    player.play_next(PlayNext(ROOM, "one"))
    assert (world.names[-2:], pool.sent) == (["conference.play.paused", "conference.play.failed"], [])
    assert (now_playing(world).position, now_playing(world).status) == (1, PAUSED)
    asked_to_pause(world, pool)
    assert world.names[-1] == "conference.play.resumed" and world.effects[-1] == PlayNext(ROOM, "one")


def test_what_a_paused_playback_interrupted_is_ended_all_the_same(world: World, pool: StubPool, player: Player) -> None:
    """contract.md: "the voice API's play and speak interrupt it (stopped)": it was told as stopped."""
    enqueue(world, "one")
    player.play_next(PlayNext(ROOM, "one"))

    def work(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        assert room is not None
        playback.interrupt(uow, room, Playback("two", ROOM, APP.id, [URL]))

    world.change(work)
    asked_to_pause(world, pool)
    player.play_next(PlayNext(ROOM, "two"))
    assert [type(command) for command in pool.sent] == [Play, StopPlay]


def test_a_pause_between_two_files_holds_the_next(world: World, pool: StubPool, player: Player) -> None:
    """contract.md: "The queue is the gateway's"; the switch knows of no file in between, and says so."""
    enqueue(world, "one")
    change(world, "one", urls=[URL, URL + "?2"])
    player.play_next(PlayNext(ROOM, "one"))
    pool.replies = {PausePlay: ["-ERR no reply"]}
    pool.during = lambda command: (
        world.happen(told.FilePlayed(ROOM, "one.0", 1000)) if isinstance(command, PausePlay) else None
    )
    assert asked_to_pause(world, pool)["status"] == "paused"
    player.play_next(PlayNext(ROOM, "one"))
    assert [type(command) for command in pool.sent] == [Play, PausePlay]
