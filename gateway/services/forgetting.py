"""A switch that is gone for good: its calls, recordings and rooms end here, since no event ends them any more.

In: the id of a node that nobody serves. Out: how many of each ended, with the webhooks and records that an end has.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.domain import happenings as told
from gateway.domain.recording import Recording
from gateway.domain.session import Session
from gateway.errors import Conflict, NotFound
from gateway.services import led
from gateway.services.reactions import Reactions, needs_of
from gateway.services.rooms import destroy
from gateway.store import flows as flow_rows
from gateway.store import leases, nodes
from gateway.store import recordings as recording_rows
from gateway.store import rooms as room_rows
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork

SLICE = 200  # in one transaction: a gateway that serves other nodes goes on between two of them
MAX_RECORDINGS = 5000
LOST = "lost"
T = TypeVar("T")


def node_lease(node_id: str) -> str:
    """Who holds it listens to the node."""
    return f"node:{node_id}"


def left_behind(store: Store, node_ids: Iterable[str]) -> list[str]:
    """A sentence for each node that is not among these and of which something lives."""
    known = set(node_ids)
    return [
        f"node {node_id} is not in GATEWAY_NODES, but {rooms} rooms, {calls} calls and {recordings} recordings of it"
        f" have no end: configure it again, or run `gateway nodes forget {node_id}`"
        for node_id, (rooms, calls, recordings) in sorted(store.read(nodes.living).items())
        if node_id not in known
    ]


@dataclass(frozen=True)
class Forgotten:
    sessions: int
    recordings: int
    rooms: int


class Forgetting:
    """`look_after(node_id)` does what is left to do for recordings that are over, some at a time; returns how many."""

    def __init__(self, store: Store, reactions: Reactions, look_after: Callable[[str], int]) -> None:
        self._store = store
        self._reactions = reactions
        self._look_after = look_after

    def forget(self, node_id: str, at: int) -> Forgotten:
        """`at`: when the switch went. Raises Conflict while a gateway serves it, NotFound where nothing is left.

        What was begun and cut short is gone on with by doing it again. Documents are not asked for any more.
        """
        if node_id not in self._store.read(nodes.living):
            raise NotFound(f"There is nothing left of a node {node_id}.", "node-not-found")
        recordings = self._store.read(lambda c: recording_rows.active_on(c, node_id, MAX_RECORDINGS))
        sessions = self._store.read(lambda c: list(session_rows.alive_on(c, node_id)))
        self._apply(node_id, [_recording_over(one, at) for one in recordings])
        self._apply(node_id, [_call_over(one, at) for one in sessions])
        flows = self._store.read(lambda c: flow_rows.going_on(c, node_id))
        for some in _slices(flows):
            self._write(node_id, lambda uow, some=some: _end_flows(uow, some), Needs(flows=tuple(some)))  # type: ignore[misc]
        rooms = self._store.read(lambda c: room_rows.living_on(c, node_id))
        for some in _slices(rooms):
            self._write(node_id, lambda uow, some=some: _destroy(uow, some), Needs(rooms=tuple(some)))  # type: ignore[misc]
        while self._look_after(node_id):
            pass
        return Forgotten(len(sessions), len(recordings), len(rooms))

    def _apply(self, node_id: str, happenings: list[told.Happening]) -> None:
        for some in _slices(happenings):
            self._write(node_id, lambda uow, some=some: self._react(uow, some), needs_of(list(some)))  # type: ignore[misc]

    def _react(self, uow: UnitOfWork, happenings: Sequence[told.Happening]) -> None:
        for happening in happenings:
            self._reactions.apply(uow, happening)

    def _write(self, node_id: str, work: Callable[[UnitOfWork], None], needs: Needs) -> None:
        """In each transaction it is asked anew: a gateway that has the node in its settings may just be starting."""

        def alone(uow: UnitOfWork) -> None:
            if leases.alive(uow.connection, node_lease(node_id), uow.now):
                raise Conflict(
                    f"A gateway still serves the node {node_id}: take it out of its GATEWAY_NODES first.", "node-in-use"
                )
            work(uow)

        self._store.write(alone, needs)


def _recording_over(one: Recording, at: int) -> told.RecordingEnded:
    """Its file must tell how long it is."""
    ended_at = max(at, one.started_at or one.created_at)
    return told.RecordingEnded(one.id, one.room_id, one.session_id, None, ended_at, missed=True)


def _call_over(one: Session, at: int) -> told.CallEnded:
    return told.CallEnded(one.id, LOST, max(at, one.created_at, one.answered_at or 0), missed=True)


def _end_flows(uow: UnitOfWork, session_ids: Sequence[str]) -> None:
    for session_id in session_ids:
        led.take_away(uow, session_id)


def _destroy(uow: UnitOfWork, room_ids: Sequence[str]) -> None:
    for room_id in room_ids:
        room = uow.rooms.get(room_id)
        if room is not None and room.destroyed_at is None:
            destroy(uow, room)


def _slices(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + SLICE] for start in range(0, len(items), SLICE)]
