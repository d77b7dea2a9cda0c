"""What a batch of events means when it has to be run again: the same. Found by review, with these."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import gevent
import pytest

from gateway.domain import happenings as told
from gateway.domain.clock import SystemClock
from gateway.domain.room import Room
from gateway.domain.session import Operation
from gateway.intake.listener import Listener
from gateway.services.housekeeping import Housekeeping, Keep
from tests.refusals import Refusal
from tests.unit.intake.test_listener import StubNode, lease_of, listening
from tests.unit.services.test_reactions import JOINED, LEFT, PARKED, joining_again
from tests.waiting import wait_for
from tests.world import APP, CALL, CONFERENCE, NODE, ROOM, World

OTHER = "acW68-bed109f8-6181-4965-a7ce-3e6fac667ea1"
NEXT_CALL = replace(PARKED, session_id=OTHER, channel_uuid=OTHER.partition("-")[2])
LIMIT_S = 10.0
Apply = Callable[[told.Happening], None]


def listener_of(world: World) -> Listener:
    clock = SystemClock()
    listener = listening(world, StubNode(), clock, lease_of(world, clock))
    listener._turn([])
    return listener


def applied_once(listener: Listener, _world: World, happening: told.Happening) -> None:
    assert listener._apply([happening, NEXT_CALL])


def applied_after_a_refusal(listener: Listener, world: World, happening: told.Happening) -> None:
    """The database takes nothing for a moment: the batch is tried again."""
    refusal = Refusal(world.engine)
    refusal.on = True
    applying = gevent.spawn(listener._apply, [happening, NEXT_CALL])
    wait_for(lambda: listener.waits, "the batch was refused")
    refusal.on = False
    assert applying.get(timeout=LIMIT_S)


def applied_alone(listener: Listener, _world: World, happening: told.Happening) -> None:
    """Another event of its batch is unfit: each runs alone."""
    assert not listener._apply([happening, replace(NEXT_CALL, created_at=10**25)])
    assert listener._apply([happening])


@pytest.fixture
def world(world: World) -> World:
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    return world


@pytest.fixture(params=[applied_once, applied_after_a_refusal, applied_alone])
def apply(request: pytest.FixtureRequest, world: World) -> Apply:
    return partial(request.param, listener_of(world), world)


def test_the_end_of_the_stay_before_ends_no_new_join(world: World, apply: Apply) -> None:
    world.happen(PARKED, JOINED, LEFT)
    joining_again(world)
    apply(told.JoinEnded(CALL, ROOM, 8000))
    assert "conference.member.join_failed" not in world.names


def test_a_mute_by_the_members_keys_is_the_members(world: World, apply: Apply) -> None:
    """contract.md: "`by: "member"` when that channel's keys `*6` came just before"."""
    world.happen(PARKED, JOINED, told.KeyPressed(CALL, "*", 4000))
    apply(told.KeyPressed(CALL, "6", 4100))
    world.happen(told.MemberMuteChanged(ROOM, CONFERENCE, CALL, False, 4200))
    assert [event["data"]["by"] for event in world.told if event["event"] == "conference.member.unmuted"] == [
        "member"
    ], world.names


def test_two_changes_of_one_time_are_not_both_explained_by_one_star_six(world: World) -> None:
    """Seen live on a busy machine: a member's mute and the switch's own unmute behind it came with the same time."""
    world.happen(PARKED, JOINED, told.KeyPressed(CALL, "*", 4000), told.KeyPressed(CALL, "6", 4100))
    for muted in (False, True):
        world.happen(told.MemberMuteChanged(ROOM, CONFERENCE, CALL, muted, 4200))
    by = [event["data"]["by"] for event in world.told if "muted" in event["event"]]
    assert by == ["member", "switch"]


def test_what_its_waiting_event_answers_has_not_timed_out(world: World) -> None:
    """An operation past its deadline whose event waits for the database."""
    world.happen(PARKED)
    listener, now = listener_of(world), SystemClock().now_ms()
    late = Operation("op1", APP.id, CALL, "answer", "u-1", "me", now - 10_000, now - 1)
    world.change(lambda uow: uow.operations.put(late))
    refusal = Refusal(world.engine)
    refusal.on = True
    applying = gevent.spawn(listener._apply, [told.CallAnswered(CALL, 5000)])
    wait_for(lambda: listener.waits, "the event was refused")
    refusal.on = False
    Housekeeping(world.store, Keep(10_000), is_behind=lambda _node_id: listener.waits).tick(now)
    assert applying.get(timeout=LIMIT_S)
    results = [event["data"]["status"] for event in world.told if event["event"] == "command.result"]
    assert results == ["ok"]
