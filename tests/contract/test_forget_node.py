"""Forgetting a node: not one that somebody serves; and no end before its beginning. On both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain import happenings as told
from gateway.domain.flow import OVER, RUNNING, Flow
from gateway.domain.room import Room
from gateway.errors import Conflict, NotFound
from gateway.services.forgetting import Forgetting, Forgotten, left_behind
from gateway.store import apps, billing, leases
from gateway.store.billing import BillingFilter
from gateway.store.unit_of_work import UnitOfWork
from tests.world import APP, CALL, CONFERENCE, NODE, ROOM, World

NUMBER = "15551230002"
OTHER = "other-room-550e8400-e29b-41d4-a716-446655440000"
ANSWERED_AT = 5_000


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    made = World(tmp_path, database_url)
    yield made
    made.close()


def forgetting(world: World) -> Forgetting:
    return Forgetting(world.store, world.reactions, lambda _node_id: 0)


def in_a_room(world: World) -> None:
    def rooms(uow: UnitOfWork) -> None:
        uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500))
        uow.rooms.put(Room(OTHER, APP.id, "other", "elsewhere", "api", 500))

    world.change(rooms)
    parked = told.CallParked(CALL, NODE, CALL.partition("-")[2], True, "1555", NUMBER, 1_000, False, 1_000)
    world.happen(
        parked,
        told.CallAnswered(CALL, ANSWERED_AT),
        told.MemberJoined(ROOM, CONFERENCE, CALL, 1, False, 6_000),
    )


def test_calls_and_rooms_end_as_if_reconcile_had_found_them_gone(world: World) -> None:
    in_a_room(world)
    before = len(world.names)
    assert forgetting(world).forget(NODE, 9_000) == Forgotten(sessions=1, recordings=0, rooms=1)
    assert world.names[before:] == [
        "conference.member.left", "conference.ended", "call.completed", "conference.destroyed",
    ]  # fmt: skip
    left = world.told[before]
    assert (left["data"]["reason"], left["data"]["cause"]) == ("orphan", "lost")
    records = world.store.read(lambda connection: billing.page(connection, BillingFilter(APP.id), None, 10))
    assert sorted((one.kind, one.ended_at, one.billable_s) for one in records) == [
        ("call", 9_000, 4),
        ("stay", 9_000, 3),
    ]
    assert world.store.read(lambda connection: apps.living(connection, APP.id)) == (1, 0), "the other node's room stays"


def test_nothing_ends_before_it_began(world: World) -> None:
    in_a_room(world)
    forgetting(world).forget(NODE, 10)
    records = world.store.read(lambda connection: billing.page(connection, BillingFilter(APP.id), None, 10))
    assert all(one.duration_ms >= 0 and one.billable_s == 0 for one in records)
    assert [one.ended_at for one in records if one.kind == "call"] == [ANSWERED_AT]


def test_a_node_that_a_gateway_serves_is_not_forgotten(world: World) -> None:
    in_a_room(world)
    lease = f"node:{NODE}"
    world.change(lambda uow: leases.take(uow.connection, lease, "somebody", uow.now, 15_000))
    with pytest.raises(Conflict, match="still serves"):
        forgetting(world).forget(NODE, 9_000)
    assert world.store.read(lambda connection: apps.living(connection, APP.id)) == (2, 1)
    world.change(lambda uow: leases.drop(uow.connection, "somebody", [lease]))
    assert forgetting(world).forget(NODE, 9_000).sessions == 1


def test_of_a_node_that_nobody_knows_there_is_nothing(world: World) -> None:
    with pytest.raises(NotFound, match="nothing"):
        forgetting(world).forget("nobod", 9_000)


def test_documents_of_its_calls_are_over(world: World) -> None:
    in_a_room(world)
    world.change(lambda uow: uow.flows.put(Flow(CALL, APP.id, NODE, RUNNING, 1_000)))
    forgetting(world).forget(NODE, 9_000)

    def state(uow: UnitOfWork) -> str:
        flow = uow.flows.get(CALL)
        return flow.state if flow is not None else "gone"

    assert world.store.write(state) == OVER


def test_what_is_left_of_unknown_nodes_is_named(world: World) -> None:
    in_a_room(world)
    assert left_behind(world.store, [NODE, "other"]) == []
    (sentence,) = left_behind(world.store, ["other"])
    assert "1 rooms, 1 calls and 0 recordings" in sentence and f"gateway nodes forget {NODE}" in sentence
    assert len(left_behind(world.store, [])) == 2
