"""The player against a switch that is only asked: what it is sent when things cross."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain import happenings as told
from gateway.domain.room import Playback, Room
from gateway.services import playback
from gateway.services.effects import PlayNext
from gateway.services.player import Player
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Play, PlayStatus, StopPlay
from gateway.switch.replies import Reply
from tests.world import APP, NODE, ROOM, World

URL = "http://127.0.0.1/a.wav"


class StubPool:
    """Remembers what is sent; `during` is called while it is under way."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.during: Any = lambda _command: None

    def send(self, _node_id: str, command: Any, check: bool = True) -> Reply:
        self.sent.append(command)
        self.during(command)
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
    return Player(world.store, pool, lambda url: url, lambda text, *_: f"http://h/{text}.wav", 0, 30.0)  # type: ignore[arg-type]


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
