"""What one call is played, across crashes: what was sent, what is looked for, what is sent again."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.domain import happenings as told
from gateway.domain.leg_playback import PLAY, LegPlayback
from gateway.domain.session import ANSWERED, Session
from gateway.errors import SwitchTimeout
from gateway.services import leg_playback, legs
from gateway.services.effects import PlayToCall
from gateway.services.leg_player import LegPlayer, Sounds
from gateway.services.legs import MARKER
from gateway.store import leg_playbacks as rows
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Break, ChannelDump, Command, Execute
from gateway.switch.replies import Reply
from tests.world import APP, CALL, NODE, World

CHANNEL = CALL.partition("-")[2]
LATER = 4_000_000_000_000  # in 2096


class StubPool:
    """A switch that takes all commands, or the first of them only; `dump` is what a look at the call shows."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.dump: dict[str, str] = {}
        self.takes = LATER

    def send(self, _node_id: str, command: Command, check: bool = True) -> Reply:
        if isinstance(command, ChannelDump):
            return Reply(orjson.dumps(self.dump).decode())
        if len(self.sent) >= self.takes:
            raise SwitchTimeout("no answer")
        self.sent.append(command)
        return Reply("+OK")

    @property
    def steps(self) -> list[tuple[str, str]]:
        """(argument, step) of what was played."""
        found = [one for one in self.sent if isinstance(one, Execute) and one.application == "playback"]
        return [(one.argument, one.event_uuid) for one in found]


@pytest.fixture
def world(world: World) -> World:
    session = Session(CALL, APP.id, NODE, CHANNEL, "inbound", "1", "2", ANSWERED, 500, 600, taken_over=True)
    world.change(lambda uow: uow.sessions.put(session))
    return world


@pytest.fixture
def pool() -> StubPool:
    return StubPool()


def player(world: World, pool: StubPool, started_at: int = 0) -> LegPlayer:
    sounds = Sounds(lambda url, _app_id: url, lambda *_: "http://h/speech.wav", lambda *_: None)
    return LegPlayer(world.store, pool, sounds, started_at)  # type: ignore[arg-type]


def begin(world: World, name: str, urls: int = 1, loop: int = 1) -> PlayToCall:
    def work(uow: UnitOfWork) -> None:
        session = uow.sessions.get(CALL)
        assert session is not None
        sounds = [{"url": f"http://h/{name}{number}.wav"} for number in range(urls)]
        leg_playback.begin(uow, session, LegPlayback(name, CALL, APP.id, PLAY, sounds, loop, command_uid="u"))

    world.change(work)
    return PlayToCall(CALL, name)


def row(world: World) -> LegPlayback | None:
    *_, playing = world.store.read(lambda connection: rows.stand(connection, CALL))
    return playing


def over(world: World, step: str, **more: Any) -> None:
    world.happen(told.StepEnded(CALL, step, more.pop("result", {}), LATER, **more))


def test_a_step_that_was_not_begun_is_sent_again_after_a_crash(world: World, pool: StubPool) -> None:
    """freeswitch-facts.md: commands that may have reached the switch are looked for, never sent again blindly."""
    pool.takes = 1  # the variables came through, the application did not
    player(world, pool).play(begin(world, "one"))
    playing = row(world)
    assert playing is not None and playing.step_uuid and not playing.started and pool.steps == []
    pool.takes, pool.dump = LATER, {"variable_current_application": "park"}
    player(world, pool, started_at=LATER).resume(NODE, LATER)
    assert pool.steps == [("http://h/one0.wav", playing.step_uuid)]
    over(world, playing.step_uuid)
    assert world.names == ["playback.started", "playback.finished"]


def test_what_plays_still_is_left_alone(world: World, pool: StubPool) -> None:
    player(world, pool).play(begin(world, "one"))
    [(argument, step)] = pool.steps
    pool.dump = {"variable_current_application": "playback", "variable_current_application_data": argument}
    player(world, pool, started_at=LATER).resume(NODE, LATER)
    assert len(pool.steps) == 1 and world.names == ["playback.started"]
    over(world, step)
    assert world.names == ["playback.started", "playback.finished"]


def test_an_end_that_nobody_saw_counts_once(world: World, pool: StubPool) -> None:
    player(world, pool).play(begin(world, "one", urls=2))
    [(_, step)] = pool.steps
    pool.dump = {f"variable_{MARKER}": step}
    again = player(world, pool, started_at=LATER)
    again.resume(NODE, LATER)
    over(world, step)  # its event comes after all
    playing = row(world)
    assert playing is not None and (playing.position, playing.played) == (1, 1)
    again.play(PlayToCall(CALL, "one"))
    assert [argument for argument, _ in pool.steps] == ["http://h/one0.wav", "http://h/one1.wav"]


def test_a_fresh_step_is_not_looked_for_but_after_missed_events(world: World, pool: StubPool) -> None:
    here = player(world, pool)
    here.play(begin(world, "one"))
    [(_, step)] = pool.steps
    playing = row(world)
    assert playing is not None
    pool.dump = {f"variable_{MARKER}": step}
    here.resume(NODE, playing.sent_at + 30_000)
    here.resume(NODE, playing.sent_at + 1_000, after_gap=True)  # may still be on its way
    assert world.names == ["playback.started"]
    here.resume(NODE, playing.sent_at + 30_000, after_gap=True)
    assert world.names == ["playback.started", "playback.finished"]


def test_what_was_never_sent_is_sent(world: World, pool: StubPool) -> None:
    """The process died between the commit and the effect."""
    begin(world, "one")
    world.effects.clear()
    player(world, pool, started_at=LATER).resume(NODE, LATER)
    assert world.effects == [PlayToCall(CALL, "one")]


def test_an_interrupt_breaks_what_plays_even_across_a_crash(world: World, pool: StubPool) -> None:
    here = player(world, pool)
    here.play(begin(world, "one"))
    begin(world, "two")
    here.play(begin(world, "three"))  # "two" never had its turn
    assert [type(one) for one in pool.sent].count(Break) == 1
    assert [argument for argument, _ in pool.steps] == ["http://h/one0.wav", "http://h/three0.wav"]
    here.play(PlayToCall(CALL, "two"))
    assert len(pool.steps) == 2
    assert world.names == ["playback.started", "playback.stopped", "playback.started"]


def test_a_loop_of_nothing_does_not_spin(world: World, pool: StubPool) -> None:
    """An empty file is over at once: before its next round there is a pause."""
    player(world, pool).play(begin(world, "one", loop=0))
    [(_, step)] = pool.steps
    playing = row(world)
    assert playing is not None
    world.happen(told.StepEnded(CALL, step, {}, playing.sent_at + 20))
    playing = row(world)
    assert playing is not None and playing.wait_ms == legs.PAUSE_MS


def test_a_loop_that_is_counted_does_not_spin_for_long_either(world: World, pool: StubPool) -> None:
    """10,000 times a file of next to no length: as often as the machine could."""
    here = player(world, pool)
    effect = begin(world, "one", loop=10_000)
    waits = []
    for number in range(legs.SHORT_ROUNDS + 2):
        here.play(effect)
        playing = row(world)
        assert playing is not None and playing.rounds == number
        world.happen(told.StepEnded(CALL, playing.step_uuid, {}, playing.sent_at + 20))
        playing = row(world)
        assert playing is not None
        waits.append(playing.wait_ms)
        world.change(lambda uow, playing=playing: uow.leg_playbacks.put(replace(playing, wait_ms=0)))  # type: ignore[misc]
    assert waits == [0] * (legs.SHORT_ROUNDS - 1) + [legs.PAUSE_MS] * 3


def test_what_cannot_be_had_is_not_told_without_end_as_fast_as_it_can(world: World, pool: StubPool) -> None:
    begin(world, "one", urls=2, loop=0)

    def fail(uow: UnitOfWork) -> None:
        session = uow.sessions.get(CALL)
        playing = leg_playback.current(uow, session)
        assert session is not None and playing is not None
        leg_playback.sound_failed(uow, session, replace(playing, played=playing.rounds + 1), "404", uow.now)

    waits = []
    for _ in range(3):
        world.change(fail)
        playing = row(world)
        assert playing is not None
        waits.append(playing.wait_ms)
    assert waits == [0, legs.PAUSE_MS, legs.PAUSE_MS]


def test_the_hangup_that_breaks_a_file_off_is_told_as_such(world: World, pool: StubPool) -> None:
    player(world, pool).play(begin(world, "one"))
    [(_, step)] = pool.steps
    over(world, step, result={"response": "PLAYBACK ERROR"}, hung_up=True)
    world.happen(told.CallEnded(CALL, "NORMAL_CLEARING", LATER))
    assert world.names == ["playback.started", "playback.stopped", "call.completed"]
    assert world.told[1]["data"]["reason"] == "hangup"
