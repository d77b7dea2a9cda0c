"""Hang-up timers of calls that a crash left as they should not be: set, or taken back, at the next start."""

from dataclasses import replace
from typing import cast

import pytest

from gateway.domain.session import CREATED, Session
from gateway.errors import SwitchRefused, SwitchUnavailable
from gateway.services.call_keeper import WAIT_CAUSE, CallKeeper
from gateway.services.effects import ConnectCalls, MendWaiting, StopWaiting, TakeOverCall
from gateway.switch.commands import Bridge, Command, Kill, ScheduleDelete, ScheduleHangup, TakeOver
from gateway.switch.pool import SwitchPool
from tests.world import APP, CALL, CALL2, NODE, World

CHANNEL = CALL.partition("-")[2]
WAIT_S = 60


class SetClock:
    def __init__(self, now_ms: int) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now


class Pool:
    """Takes every command, except the next `away` ones."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.away = 0
        self.refuses: type[Command] | None = None

    def send(self, _node_id: str, command: Command) -> None:
        if self.away:
            self.away -= 1
            raise SwitchUnavailable("no connection to the switch")
        self.sent.append(command)
        if self.refuses is not None and isinstance(command, self.refuses):
            raise SwitchRefused("refused", "-ERR Invalid uuid")


@pytest.fixture
def pool() -> Pool:
    return Pool()


def calls(world: World, pool: Pool, now_ms: int) -> CallKeeper:
    return CallKeeper(cast(SwitchPool, pool), world.store, SetClock(now_ms), WAIT_S)


def call(waiting: bool, created_at: int = 0) -> Session:
    return Session(CALL, APP.id, NODE, CHANNEL, "inbound", "1", "2", CREATED, created_at, waiting=waiting)


def test_a_call_that_waits_gets_the_timer_that_a_crash_may_have_kept_from_it(world: World, pool: Pool) -> None:
    """Contract: GATEWAY_INBOUND_WAIT_S, "how long a call without answer_url waits for a command"."""
    world.change(lambda uow: uow.sessions.put(call(waiting=True)))
    mending = calls(world, pool, now_ms=45_000)
    assert mending.to_be_mended(NODE) == [MendWaiting(CALL)]
    mending.mend_waiting(MendWaiting(CALL))
    assert pool.sent == [ScheduleDelete(CHANNEL), ScheduleHangup(CHANNEL, 15, WAIT_CAUSE)]


def test_a_call_that_a_command_has_touched_is_not_hung_up_by_a_timer_that_was_left_running(
    world: World, pool: Pool
) -> None:
    """Killed between the commit of a join and its StopWaiting, the switch would end the call in its room."""
    world.change(lambda uow: uow.sessions.put(call(waiting=False)))
    mending = calls(world, pool, now_ms=45_000)
    assert mending.to_be_mended(NODE) == [MendWaiting(CALL)]
    mending.mend_waiting(MendWaiting(CALL))
    assert pool.sent == [ScheduleDelete(CHANNEL)]


def test_calls_whose_timer_would_have_run_out_long_ago_and_ended_ones_are_left_alone(world: World, pool: Pool) -> None:
    ended = replace(call(waiting=False, created_at=40_000), id=CALL2, ended_at=41_000)
    world.change(lambda uow: uow.sessions.put(call(waiting=False)))
    world.change(lambda uow: uow.sessions.put(ended))
    mending = calls(world, pool, now_ms=WAIT_S * 1000 + 1)
    assert mending.to_be_mended(NODE) == []
    mending.mend_waiting(MendWaiting(CALL2))
    assert pool.sent == []


def test_a_switch_that_is_away_for_a_moment_is_told_when_it_is_back(
    world: World, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found in the storm: commands that came while the gateway was still connecting lost their StopWaiting."""
    monkeypatch.setattr("gateway.services.call_keeper.AWAY_POLL_S", 0)
    pool.away = 3
    telling = calls(world, pool, now_ms=0)
    telling.take_over(TakeOverCall(CALL, WAIT_S))
    pool.away = 3
    telling.stop_waiting(StopWaiting(CALL))
    assert pool.sent == [
        TakeOver(CHANNEL),
        ScheduleHangup(CHANNEL, WAIT_S, WAIT_CAUSE),
        ScheduleDelete(CHANNEL),
    ]


def test_a_switch_that_stays_away_is_given_up(world: World, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.call_keeper.AWAY_LIMIT_S", 0)
    pool.away = 2
    keeper = calls(world, pool, now_ms=0)
    keeper.stop_waiting(StopWaiting(CALL))
    assert keeper.unmended(NODE) == [MendWaiting(CALL)], "no error of ours: the next reconcile sets it right"
    with pytest.raises(SwitchUnavailable):
        keeper.take_over(TakeOverCall(CALL, WAIT_S))


def test_a_bridge_that_is_refused_ends_the_new_leg(world: World, pool: Pool) -> None:
    """Neither could be joined to a room for as long as they lived: their transfer was never over."""
    pool.refuses = Bridge
    calls(world, pool, now_ms=0).connect(ConnectCalls(CALL2, CALL))
    assert pool.sent[-1] == Kill(CALL2.partition("-")[2], "NORMAL_CLEARING")
