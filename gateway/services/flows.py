"""A led call's row, changed by its runner: each method is one transaction that checks that the runner is still right.

In: the flow as the runner knows it. Out: the flow as it is now, or Lost where another has gone on with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.domain.events import Event
from gateway.domain.flow import FETCHING, IN_ROOM, OVER, RUNNING, Ask, Callback, Flow, Joining
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.services import announcements, led
from gateway.services.document_rooms import claimed_room
from gateway.store import flows as flow_rows
from gateway.store import rooms as room_rows
from gateway.store.store import Store, Work
from gateway.store.unit_of_work import Needs, UnitOfWork

MAX_DOCUMENTS = 1000  # in one call: a document that redirects to itself ends some day
BEHIND_ALL = 1_000_000  # no document has so many verbs
EXECUTE, ROOM = "execute", "room"
Change = Callable[[UnitOfWork, Flow], Flow]  # the flow as it is, and as it shall be


class Lost(Exception):
    """The row is not what this runner left: the call was taken up elsewhere, or its flow is over."""


class TooManyDocuments(Exception):
    """The words are for the app."""


@dataclass(frozen=True)
class Stand:
    flow: Flow
    session: Session
    seat: Seat | None


class Flows:
    """All that the runner writes of a flow; what verbs do to rooms, recordings and other calls is in document_*.py."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def stand(self, session_id: str) -> Stand | None:
        """None when there is no such flow, or it is over."""
        flow, session, seat = self._store.read(lambda connection: flow_rows.stand(connection, session_id))
        if flow is None or session is None or flow.state == OVER:
            return None
        return Stand(flow, session, seat)

    def going_on(self, node_id: str) -> list[str]:
        return self._store.read(lambda connection: flow_rows.going_on(connection, node_id))

    def document_came(self, flow: Flow, document: str) -> Flow:
        def change(_uow: UnitOfWork, now: Flow) -> Flow:
            return replace(_at_start(now), document=document, documents=now.documents + 1)

        return self._change(flow, change)

    def failed(self, flow: Flow, code: str, message: str, apology: str, cause: str) -> Flow:
        """call.failed is told, and the document `apology` takes over, behind which the call is hung up."""

        def change(uow: UnitOfWork, now: Flow) -> Flow:
            if session := uow.sessions.get(now.session_id):
                uow.emit(announcements.call_failed(session, code, message, uow.now))
            return replace(_at_start(now), document=apology, end_cause=cause)

        return self._change(flow, change)

    def begin_step(self, flow: Flow, step_uuid: str, data: str) -> Flow:
        """Committed before it is sent."""

        def change(_uow: UnitOfWork, now: Flow) -> Flow:
            return replace(now, step_uuid=step_uuid, step_kind=EXECUTE, step_data=data)

        return self._change(flow, change)

    def end_step(self, flow: Flow, result: dict[str, Any]) -> Flow:
        """What no event told: found over by a look, or a step that is done with its reply."""
        return self._change(flow, lambda uow, now: led.end_step(uow, now, result))

    def begin_stay(self, stand: Stand, step_uuid: str, joining: Joining) -> tuple[Flow, Room | None]:
        """The seat is taken in the room of this name, made if need be; no room: refused, and the step is over."""
        flow, session = stand.flow, stand.session
        known = self._store.read(lambda c: room_rows.find_living(c, flow.app_id, joining.room_name))

        def work(uow: UnitOfWork) -> tuple[Flow, Room | None]:
            now = _checked(uow, flow)
            for url, why in joining.not_had:
                uow.emit(announcements.playback_failed(session, url, why, uow.now))
            room, reason = claimed_room(uow, session, joining)
            if reason:
                return led.end_step(uow, now, {"reason": reason, "cause": reason, "room_id": room.id}), None
            now = replace(now, state=IN_ROOM, step_uuid=step_uuid, step_kind=ROOM, room_id=room.id, notes=joining.notes)
            uow.flows.put(now)
            return now, room

        rooms = (known.id,) if known else ()
        return self._store.write(work, Needs(rooms=rooms, sessions=(session.id,), flows=(session.id,)))

    def go_on(
        self,
        flow: Flow,
        ask: Ask | None = None,
        callbacks: tuple[Callback, ...] = (),
        events: tuple[Event, ...] = (),
        hang_up: str = "",
    ) -> Flow:
        """The verb is over: another document, the end, or the next one. What it has to tell is committed with it."""

        def change(uow: UnitOfWork, now: Flow) -> Flow:
            following = _asking(now, ask) if ask else _next_verb(now, hang_up)
            for callback in callbacks:
                uow.tell(callback, now.app_id, now.session_id, now.room_id)
            session = uow.sessions.get(now.session_id)
            if session is not None and session.ended_at is None:  # nothing is told behind call.completed
                for event in events:
                    uow.emit(event)
            return following

        return self._change(flow, change)

    def finish(self, flow: Flow) -> None:
        self._change(flow, lambda _uow, now: replace(now, state=OVER, step_uuid="", document="", results={}))

    def _change(self, flow: Flow, change: Change) -> Flow:
        def work(uow: UnitOfWork) -> Flow:
            now = change(uow, _checked(uow, flow))
            uow.flows.put(now)
            return now

        return self._write(work, flow.session_id)

    def _write(self, work: Work[Flow], session_id: str) -> Flow:
        return self._store.write(work, Needs(sessions=(session_id,), flows=(session_id,)))


def _checked(uow: UnitOfWork, flow: Flow) -> Flow:
    now = uow.flows.get(flow.session_id)
    if now is None or now.state == OVER or _place(now) != _place(flow):
        raise Lost(flow.session_id)
    return now


def _place(flow: Flow) -> tuple[Any, ...]:
    """What only runners and the ends of steps change."""
    return flow.documents, flow.position, flow.steps, flow.step_uuid, flow.state == FETCHING


def _at_start(flow: Flow) -> Flow:
    """At the first verb of its document, with nothing left of a verb before."""
    return replace(
        flow, state=RUNNING, position=0, steps=0, results={}, notes={}, room_id="", fetch_url="", fetch_params={},
        must_fetch=False, step_uuid="", step_kind="", step_data="",
    )  # fmt: skip


def _next_verb(flow: Flow, hang_up: str) -> Flow:
    """With a cause in `hang_up` there is none: the call is hung up behind the last."""
    if hang_up:
        return replace(_at_start(flow), position=BEHIND_ALL, end_cause=hang_up)
    return replace(_at_start(flow), position=flow.position + 1)


def _asking(flow: Flow, ask: Ask) -> Flow:
    if flow.documents >= MAX_DOCUMENTS:
        raise TooManyDocuments(f"more than {MAX_DOCUMENTS} documents in one call")
    left = flow.redirects_left - 1 if flow.redirects_left >= 0 else -1
    if flow.redirects_left == 0 and not ask.must:
        raise TooManyDocuments("more redirects than max_redirects allows")
    left = left if ask.max_redirects is None else ask.max_redirects
    return replace(
        _at_start(flow), state=FETCHING, position=flow.position, fetch_url=ask.url, fetch_method=ask.method,
        fetch_params=ask.params, must_fetch=ask.must, redirects_left=left,
    )  # fmt: skip
