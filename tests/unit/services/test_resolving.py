"""Sounds on their way for a call or a room: given up when it shall hear something else, or nothing."""

from typing import Any

import gevent
import pytest
from gevent.event import Event

from gateway.domain import happenings as told
from gateway.domain.leg_playback import PLAY, SPEAK, LegPlayback
from gateway.domain.room import Playback, Room
from gateway.domain.session import ANSWERED, Session
from gateway.errors import MediaError
from gateway.services import leg_playback, playback, resolving
from gateway.services.effects import PlayNext, PlayToCall
from gateway.services.leg_player import LegPlayer, Sounds
from gateway.services.player import Player
from gateway.services.resolving import Resolving
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Command, Execute, Play
from gateway.switch.replies import Reply
from tests.waiting import wait_for
from tests.world import APP, CALL, NODE, ROOM, World

MANY = 100


class StubPool:
    def __init__(self) -> None:
        self.sent: list[Command] = []

    def send(self, _node_id: str, command: Command, check: bool = True) -> Reply:
        self.sent.append(command)
        return Reply("+OK")


class SlowSource:
    """Nothing comes before `go`; `at_work` is how many are being fetched or rendered, `asked` all that ever were."""

    def __init__(self) -> None:
        self.go = Event()
        self.at_work = 0
        self.asked: list[str] = []

    def get(self, what: str, *_: str) -> str:
        what = what.rpartition("/")[2]
        self.asked.append(what)
        self.at_work += 1
        try:
            self.go.wait(30)
        finally:
            self.at_work -= 1
        return f"http://h/{what}"


@pytest.fixture
def source() -> SlowSource:
    return SlowSource()


@pytest.fixture
def pool() -> StubPool:
    return StubPool()


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "LOOK_EVERY_S", 0.02)


@pytest.fixture
def world(world: World) -> World:
    channel = CALL.partition("-")[2]
    session = Session(CALL, APP.id, NODE, channel, "inbound", "1", "2", ANSWERED, 500, 600, taken_over=True)
    world.change(lambda uow: uow.sessions.put(session))
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500, members=1)))
    return world


@pytest.fixture
def player(world: World, pool: StubPool, source: SlowSource) -> LegPlayer:
    return LegPlayer(world.store, pool, Sounds(source.get, source.get, lambda *_: None), 0)  # type: ignore[arg-type]


@pytest.fixture
def room_player(world: World, pool: StubPool, source: SlowSource) -> Player:
    return Player(world.store, pool, source.get, source.get, 0, 30.0)  # type: ignore[arg-type]


def ask(world: World, player: LegPlayer, name: str, kind: str = PLAY) -> gevent.Greenlet:
    effect = begin(world, name, kind)
    return gevent.spawn(player.play, effect)


def begin(world: World, name: str, kind: str) -> PlayToCall:
    def work(uow: UnitOfWork) -> None:
        session = uow.sessions.get(CALL)
        assert session is not None
        sound = {"text": name, "voice": "", "language": ""} if kind == SPEAK else {"url": f"http://app/{name}"}
        leg_playback.begin(uow, session, LegPlayback(name, CALL, APP.id, kind, [sound]))

    world.change(work)
    return PlayToCall(CALL, name)


def interrupt(world: World, player: Player, name: str) -> gevent.Greenlet:
    def work(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        assert room is not None
        speech = {"text": name, "voice": "", "language": ""}
        playback.interrupt(uow, room, Playback(name, ROOM, APP.id, speech=speech))

    world.change(work)
    return gevent.spawn(player.play_next, PlayNext(ROOM, name))


def heard(pool: StubPool) -> list[str]:
    steps = [one.argument for one in pool.sent if isinstance(one, Execute) and one.application == "playback"]
    return steps + [one.file for one in pool.sent if isinstance(one, Play)]


@pytest.mark.parametrize("kind", [PLAY, SPEAK])
def test_of_many_sounds_for_one_call_the_last_alone_is_fetched_on(
    world: World, player: LegPlayer, source: SlowSource, pool: StubPool, kind: str
) -> None:
    """150 × playback/start were 150 downloads at once; 120 × speak 120 renderings, one behind the other."""
    for number in range(MANY):
        ask(world, player, f"{number}.wav", kind)
        wait_for(lambda number=number: f"{number}.wav" in source.asked, "it is being fetched")  # type: ignore[misc]
    wait_for(lambda: source.at_work == 1, "those before are given up")
    source.go.set()
    wait_for(lambda: heard(pool), "the last is heard")
    assert heard(pool) == [f"http://h/{MANY - 1}.wav"]
    assert "playback.failed" not in world.names


def test_one_that_was_overtaken_before_its_turn_is_not_fetched_at_all(
    world: World, player: LegPlayer, source: SlowSource
) -> None:
    effects = [begin(world, f"{number}.wav", SPEAK) for number in range(MANY)]
    asked = [gevent.spawn(player.play, effect) for effect in effects]
    wait_for(lambda: sum(not one.ready() for one in asked) == 1, "the others are given up")
    assert source.asked == [f"{MANY - 1}.wav"]


def test_a_hangup_ends_what_is_fetched_for_the_call(world: World, player: LegPlayer, source: SlowSource) -> None:
    playing = ask(world, player, "a.wav")
    wait_for(lambda: source.at_work, "it is being fetched")
    world.happen(told.CallEnded(CALL, "NORMAL_CLEARING", 4_000_000_000_000))
    wait_for(lambda: not source.at_work, "it is given up")
    wait_for(playing.ready, "nothing waits for it")


def test_a_stopping_gateway_does_not_wait_for_it(world: World, player: LegPlayer, source: SlowSource) -> None:
    playing = ask(world, player, "a.wav")
    wait_for(lambda: source.at_work, "it is being fetched")
    player.stop()
    wait_for(playing.ready, "it is given up")
    assert source.at_work == 0


def test_of_many_texts_for_one_room_the_last_alone_is_rendered_on(
    world: World, room_player: Player, source: SlowSource, pool: StubPool
) -> None:
    for number in range(MANY):
        interrupt(world, room_player, f"{number}.wav")
        wait_for(lambda number=number: f"{number}.wav" in source.asked, "it is being rendered")  # type: ignore[misc]
    wait_for(lambda: source.at_work == 1, "those before are given up")
    source.go.set()
    wait_for(lambda: heard(pool), "the last is heard")
    assert heard(pool) == [f"http://h/{MANY - 1}.wav"]


def test_what_is_stopped_in_a_room_is_not_fetched_on(world: World, room_player: Player, source: SlowSource) -> None:
    interrupt(world, room_player, "a.wav")
    wait_for(lambda: source.at_work, "it is being rendered")

    def stop(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        assert room is not None
        playback.cut(uow, room, "stopped", uow.now)

    world.change(stop)
    wait_for(lambda: not source.at_work, "it is given up")


def test_what_is_wanted_is_asked_for_again_where_one_that_is_not_took_its_place() -> None:
    """Two of one call may come out of order: the older one must not end the newer one's."""
    together, source = Resolving(), SlowSource()
    newer = gevent.spawn(together.run, "call", lambda: True, lambda: source.get("newer"))
    wait_for(lambda: source.asked == ["newer"], "it is being fetched")
    answers = iter([True, False])
    older = gevent.spawn(together.run, "call", lambda: next(answers, False), lambda: source.get("older"))
    wait_for(older.ready, "it finds that it is not wanted")
    wait_for(lambda: source.asked == ["newer", "older", "newer"], "it is asked for again")
    source.go.set()
    assert (newer.get(timeout=5), older.get()) == ("http://h/newer", None)


def test_what_the_work_raises_is_raised() -> None:
    def work() -> Any:
        raise MediaError("404")

    with pytest.raises(MediaError, match="404"):
        Resolving().run("call", lambda: True, work)


def test_other_calls_go_on(source: SlowSource) -> None:
    together = Resolving()
    both = [gevent.spawn(together.run, call, lambda: True, lambda: source.get("a")) for call in ("one", "two")]
    wait_for(lambda: source.at_work == 2, "both are fetched for")
    source.go.set()
    assert [one.get(timeout=5) for one in both] == ["http://h/a"] * 2


def test_two_that_are_wanted_both_do_not_take_turns_for_ever(source: SlowSource) -> None:
    """Each killed the other and began anew: 82,535 times in two seconds, with nothing done."""
    both = Resolving()
    first = gevent.spawn(both.run, CALL, lambda: True, lambda: source.get("first"))
    wait_for(lambda: source.asked == ["first"], "it is at work")
    second = gevent.spawn(both.run, CALL, lambda: True, lambda: source.get("second"))
    wait_for(lambda: source.asked == ["first", "second"] and source.at_work == 1, "the later one is at work")
    gevent.idle()
    assert source.asked == ["first", "second"]
    source.go.set()
    gevent.joinall([first, second], raise_error=True)
