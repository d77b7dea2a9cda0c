"""Calls that we make, where a crash or the order of events could leave them half done."""

import pytest

from gateway.domain import happenings as told
from gateway.domain.dial import CONNECTED, CONNECTING, RINGING, ROOM, TRANSFER, Dial
from gateway.domain.flow import OVER, RUNNING, Flow
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.services.effects import ConnectCalls, JoinDialled, Reject
from gateway.services.reactions.dials import AGAIN_MS
from gateway.store.unit_of_work import UnitOfWork
from tests.world import APP, CALL, CALL2, NODE, World
from tests.world import ROOM as ROOM_ID

CALLER, LEG = CALL, CALL2


def put(world: World, dial: Dial, state: str = "dialling", led: bool = False) -> None:
    """A caller, and a leg that we dial for it."""
    caller = Session(CALLER, APP.id, NODE, CALLER[6:], "inbound", "1", "2", "answered", 1, 2, peer=LEG, taken_over=True)
    leg = Session(LEG, APP.id, NODE, LEG[6:], "outbound", "2", "+15550001111", state, 1, peer=CALLER)
    leg = replace(leg, answered_at=2) if state == "answered" else leg
    world.change(lambda uow: uow.sessions.put(caller))
    world.change(lambda uow: uow.sessions.put(leg))
    world.change(lambda uow: uow.dials.put(dial))
    if led:
        world.change(lambda uow: uow.flows.put(Flow(CALLER, APP.id, NODE, RUNNING, 1)))


def parked(recovered: bool = False) -> told.CallParked:
    return told.CallParked(LEG, NODE, LEG[6:], False, "x", "y", 1, True, 9, recovered)


def transfer(stage: str = RINGING) -> Dial:
    return Dial(LEG, APP.id, TRANSFER, stage, 1, for_session=CALLER)


def effects(world: World, kind: type) -> list[object]:
    return [effect for effect in world.effects if isinstance(effect, kind)]


def test_an_answer_that_was_missed_is_made_good_by_the_park(world: World) -> None:
    put(world, transfer())
    world.happen(parked(recovered=True))
    assert world.names == ["call.answered"]
    assert effects(world, ConnectCalls) == [ConnectCalls(LEG, CALLER)]


def test_what_was_to_be_connected_when_we_died_is_connected(world: World) -> None:
    """The commit was made, the command perhaps not sent: a leg that still parks was not connected."""
    put(world, transfer(CONNECTING), "answered")
    world.happen(parked(recovered=True))
    assert effects(world, ConnectCalls) == [ConnectCalls(LEG, CALLER)]


def test_a_caller_who_is_led_is_taken_from_his_document_and_has_nowhere_to_go_back_to(world: World) -> None:
    put(world, transfer(), led=True)
    world.happen(parked())
    world.change(lambda uow: _check(uow.flows.get(CALLER).state == OVER))  # type: ignore[union-attr]
    world.happen(told.CallEnded(LEG, "NORMAL_CLEARING", 10))
    assert effects(world, Reject) == [Reject(CALLER, "NORMAL_CLEARING")]


@pytest.mark.parametrize(("stage", "hung_up"), [(RINGING, False), (CONNECTING, False), (CONNECTED, True)])
def test_the_end_of_the_leg(world: World, stage: str, hung_up: bool) -> None:
    """Only with one who was connected does the caller's call end; else he is free for another transfer."""
    put(world, transfer(stage), "answered" if stage != RINGING else "dialling")
    world.happen(told.CallEnded(LEG, "USER_BUSY", 10))
    assert bool(effects(world, Reject)) is hung_up
    world.change(lambda uow: _check(uow.sessions.get(CALLER).peer == ""))  # type: ignore[union-attr]


def test_the_job_and_the_channel_tell_one_end(world: World) -> None:
    put(world, transfer())
    world.happen(told.CallEnded(LEG, "USER_BUSY", 9), told.CallEnded(LEG, "USER_BUSY", 10), told.CallRinging(LEG, 11))
    assert world.names == ["call.failed"]


@pytest.mark.parametrize(("waited_ms", "sent"), [(AGAIN_MS + 1000, 1), (0, 0)])
def test_a_join_that_was_not_sent(world: World, waited_ms: int, sent: int) -> None:
    """It is sent by the reconcile that finds the call parked; one that is just under way is left alone."""
    put(world, Dial(LEG, APP.id, ROOM, RINGING, 1, room_id=ROOM_ID))
    world.change(lambda uow: uow.rooms.put(Room(ROOM_ID, APP.id, NODE, "r", "api", 1)))
    world.happen(parked())
    assert effects(world, JoinDialled) == [JoinDialled(LEG, ROOM_ID, ())]
    world.effects.clear()
    world.change(lambda uow: uow.seats.put(replace(_seat(uow), asked_at=uow.now - waited_ms)))
    world.happen(parked(recovered=True))
    assert len(effects(world, JoinDialled)) == sent


def _seat(uow: UnitOfWork) -> Seat:
    seat = uow.seats.get(LEG)
    assert seat is not None
    return seat


def _check(right: bool) -> None:
    assert right
