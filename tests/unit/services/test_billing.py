"""Billing records: one of each call leg and of each stay, in the transaction of its end."""

from dataclasses import replace

import pytest

from gateway.domain import happenings as told
from gateway.domain.billing import BillingRecord
from gateway.domain.room import Room
from gateway.store import billing as rows
from gateway.store.billing import BillingFilter
from tests.unit.services.test_reactions import JOINED, LEFT, PARKED
from tests.world import APP, CALL, NODE, ROOM, World

ENDED = told.CallEnded(CALL, "NORMAL_CLEARING", 9000)


@pytest.fixture
def world(world: World) -> World:
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    world.happen(PARKED, told.CallAnswered(CALL, 2000), JOINED)
    return world


def billed(world: World) -> list[BillingRecord]:
    return world.store.read(lambda connection: rows.page(connection, BillingFilter(), None, 9))


def test_a_stay_and_its_call(world: World) -> None:
    """issue 4: "One row per call leg and one per stay in a room"."""
    assert billed(world) == [], "nothing is over"
    world.happen(LEFT, ENDED)
    stay, call = billed(world)
    assert (stay.kind, stay.room_id, stay.room_name, stay.session_id) == ("stay", ROOM, "standup", CALL)
    assert (stay.started_at, stay.ended_at, stay.duration_ms, stay.billable_s) == (3000, 5000, 2000, 2)
    assert (stay.reason, stay.cause, stay.closed_by) == ("removed", "self", "event")
    assert (call.kind, call.room_id, call.direction) == ("call", "", "inbound")
    assert (call.from_number, call.to_number) == ("527121102", "+15551230002")
    assert (call.started_at, call.answered_at, call.ended_at) == (1000, 2000, 9000)
    assert (call.duration_ms, call.billable_s, call.reason, call.cause) == (8000, 7, "hangup", "NORMAL_CLEARING")


def test_each_stay_is_one_and_a_repetition_is_none(world: World) -> None:
    again = replace(JOINED, at=6000)
    world.happen(LEFT, LEFT, again, replace(LEFT, at=7500, hangup_cause="NORMAL_CLEARING"), ENDED, ENDED)
    assert [(one.kind, one.duration_ms, one.reason) for one in billed(world)] == [
        ("stay", 2000, "removed"), ("stay", 1500, "hangup"), ("call", 8000, "hangup")
    ]  # fmt: skip


def test_the_channels_own_clock_is_believed(world: World) -> None:
    """issue 4: "exact to 20 ms against the switch's own timestamps": the event of the end is made later than it."""
    world.happen(LEFT, replace(ENDED, began_at=1001, answered_at=2003, hung_up_at=8900))
    call = billed(world)[-1]
    assert (call.started_at, call.answered_at, call.ended_at) == (1001, 2003, 8900)


def test_what_was_not_seen_is_marked(world: World) -> None:
    """issue 4: "Calls whose end we missed are closed from the switch's CDR or at reconcile, marked so"."""
    world.happen(replace(ENDED, missed=True, cause="lost"))
    assert [(one.kind, one.reason, one.cause, one.closed_by) for one in billed(world)] == [
        ("stay", "orphan", "lost", "reconcile"), ("call", "orphan", "lost", "reconcile")
    ]  # fmt: skip
    world.happen(replace(ENDED, at=9500))
    assert len(billed(world)) == 2


def test_pages_and_filters(world: World) -> None:
    world.happen(LEFT, ENDED)

    def kinds(wanted: BillingFilter, after: tuple[int, int] | None = None) -> list[str]:
        return [one.kind for one in world.store.read(lambda connection: rows.page(connection, wanted, after, 9))]

    stay = billed(world)[0]
    assert kinds(BillingFilter(), (stay.ended_at, stay.id)) == ["call"]
    assert kinds(BillingFilter(app_id="another")) == []
    assert (
        kinds(BillingFilter(kind="stay"))
        == kinds(BillingFilter(room_id=ROOM))
        == kinds(BillingFilter(until=9000))
        == ["stay"]
    )
    assert kinds(BillingFilter(since=9000)) == ["call"]
    assert kinds(BillingFilter(app_id=APP.id, session_id=CALL)) == ["stay", "call"]
