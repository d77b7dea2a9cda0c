"""The listener outlives anything, and what cannot be used costs nothing but itself."""

from typing import Any

import pytest

from gateway.domain.clock import Clock, SystemClock
from gateway.domain.ids import new_uuid
from gateway.domain.room import Room
from gateway.errors import SwitchUnavailable
from gateway.intake.listener import Listener
from gateway.intake.snapshots import Snapshots
from gateway.services.tenure import Lease, Tenure
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import ConferenceList, ShowChannels
from gateway.switch.stream import Connected
from tests.world import APP, CALL, CALL2, CONFERENCE, NODE, ROOM, World

LEASE_S = 15.0


class StubNode:
    """Takes questions; `lost` makes it refuse them, as a node whose socket has dropped. `stream` waits in it."""

    id = NODE

    def __init__(self) -> None:
        self.asked: dict[type, str] = {}
        self.stream: list[Any] = []
        self.lost = False

    @property
    def backlog(self) -> int:
        return len(self.stream)

    def drain(self, max_items: int, _timeout_s: float) -> list[Any]:
        some, self.stream = self.stream[:max_items], self.stream[max_items:]
        return some

    def ask(self, command: Any) -> str:
        if self.lost:
            raise SwitchUnavailable("not connected")
        self.asked[type(command)] = job_uuid = new_uuid()
        return job_uuid


class SetClock:
    at_ms = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.at_ms


@pytest.fixture
def world(world: World) -> World:
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    return world


@pytest.fixture
def node() -> StubNode:
    return StubNode()


@pytest.fixture
def listener(world: World, node: StubNode) -> Listener:
    return listening(world, node, SystemClock(), lease_of(world, SystemClock()))


def lease_of(world: World, clock: Clock, owner: str = "a") -> Lease:
    """The node's, just taken."""
    tenure = Tenure(world.store, clock, owner, LEASE_S, [f"node:{NODE}"])
    tenure.renew()
    return tenure.lease(f"node:{NODE}")


def listening(world: World, node: StubNode, clock: Clock, lease: Lease) -> Listener:
    snapshots = Snapshots(world.store, world.reactions, clock, lambda _node: None)
    return Listener(node, world.store, world.reactions, snapshots, lease, 30.0)  # type: ignore[arg-type]


def parked(session: str, sequence: Any = 1) -> dict[str, Any]:
    return {
        "Event-Name": "CHANNEL_PARK", "Event-Sequence": sequence, "Event-Date-Timestamp": "1000000",
        "Unique-ID": session.partition("-")[2], "Call-Direction": "inbound",
        "Caller-Caller-ID-Number": "527121102", "Caller-Destination-Number": "15551230002",
    }  # fmt: skip


def job(job_uuid: str, body: str, sequence: int) -> dict[str, Any]:
    return {
        "Event-Name": "BACKGROUND_JOB", "Event-Sequence": str(sequence), "Event-Date-Timestamp": "1000000",
        "Job-UUID": job_uuid, "_body": body,
    }  # fmt: skip


def known(world: World, *sessions: str) -> list[bool]:
    found: list[bool] = []

    def look(uow: UnitOfWork) -> None:
        found.extend(uow.sessions.get(session) is not None for session in sessions)

    world.change(look)
    return found


def test_a_snapshot_that_fails_takes_no_events_with_it(world: World, node: StubNode, listener: Listener) -> None:
    """The socket drops while reconcile asks uuid_exists: the events behind the list in the same batch still count."""
    listener._turn([parked(CALL), Connected(NODE, 1)])
    node.lost = True
    listener._turn([job(node.asked[ShowChannels], '{"row_count": 0, "rows": []}', 2), parked(CALL2, "3")])
    assert known(world, CALL2) == [True]


@pytest.mark.parametrize("body", ['[{"conference_name": "' + ROOM + '", "members": [{"uuid": 1, "id": "x"}]}]', "[7]"])
def test_a_list_that_makes_no_sense_takes_no_events_with_it(
    world: World, node: StubNode, listener: Listener, body: str
) -> None:
    listener._turn([Connected(NODE, 1)])
    listener._turn([job(node.asked[ShowChannels], '{"row_count": 0}', 1)])
    listener._turn([job(node.asked[ConferenceList], body, 2), parked(CALL, "3")])
    assert known(world, CALL) == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        parked(CALL, "not a number"),
        parked(CALL, ["1", "2"]),
        {"Event-Name": "CHANNEL_EXECUTE_COMPLETE", "Unique-ID": CALL[6:], "Application": "conference",
         "Application-Data": ["a", "b"], "Event-Date-Timestamp": "1000000", "Event-Sequence": "1"},
        {"Event-Name": ["a"], "Event-Sequence": "1"},
        {"Event-Name": "CUSTOM", "Event-Subclass": "conference::maintenance", "Action": {}, "Event-Sequence": "1"},
        {"Event-Name": "BACKGROUND_JOB", "Job-UUID": ["a"], "Event-Sequence": "1"},
    ],
)  # fmt: skip
def test_an_event_that_makes_no_sense_costs_only_itself(
    world: World, listener: Listener, wrong: dict[str, Any]
) -> None:
    """issue 2: "A frame from the switch that cannot be parsed is logged, counted and skipped"."""
    listener._turn([wrong, parked(CALL2, "2")])
    assert known(world, CALL2) == [True]


def test_a_caller_whose_number_came_as_an_array_is_a_caller(world: World, listener: Listener) -> None:
    """The switch splits values that begin with ARRAY:: (a caller's display number may): JSON arrays come out."""
    event = parked(CALL) | {"Caller-Caller-ID-Number": ["x" * 5000] * 3}
    listener._turn([event])
    assert known(world, CALL) == [True]
    assert all(len(told["call"]["from"]) <= 128 for told in world.told)


def test_departures_and_arrivals_name_their_instance(world: World, listener: Listener) -> None:
    """An add-member that lacks a header is counted as skipped; the room is as it was."""
    event = {"Event-Name": "CUSTOM", "Event-Subclass": "conference::maintenance", "Action": "add-member",
             "Conference-Name": ROOM, "Conference-Unique-ID": CONFERENCE, "Unique-ID": CALL[6:],
             "Event-Date-Timestamp": "1000000", "Event-Sequence": "1"}  # fmt: skip
    listener._turn([event])
    assert listener.skipped == 1 and world.names == []
