"""What happenings mean for calls that documents lead: state changes only, called by the reactions.

A step that is over is written into the flow's row, and the runner is told by the effect FlowMoved.
"""

from typing import Any

from gateway.domain import happenings as told
from gateway.domain import marks
from gateway.domain.apps import App
from gateway.domain.flow import FETCHING, OVER, RUNNING, Callback, Flow
from gateway.domain.member import JOINED, Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.schemas.shapes import call_shape
from gateway.services import announcements, document_recordings, room_roles, room_settings
from gateway.services.effects import FlowMoved, SoundRoom
from gateway.store import finders
from gateway.store.unit_of_work import UnitOfWork

DOCUMENT = room_settings.DOCUMENT


def call_parameters(session: Session) -> dict[str, str]:
    """The form fields that every request for a call has."""
    return {
        "CallUUID": session.id,
        "From": session.from_number,
        "To": session.to_number,
        "Direction": session.direction,
        "CallStatus": str(call_shape(session)["status"]),
    }


def answer_method(app: App) -> str:
    return app.settings.get("answer_method", "POST")


def begin(uow: UnitOfWork, session: Session, url: str, method: str) -> None:
    """A new call: that of an app with an answer_url, or one that we made and that was answered."""
    params = {**call_parameters(session), "Event": "StartApp"}
    flow = Flow(session.id, session.app_id, session.node_id, FETCHING, uow.now)
    uow.flows.put(replace(flow, fetch_url=url, fetch_method=method, fetch_params=params))
    uow.after_commit(FlowMoved(session.id))


def take_away(uow: UnitOfWork, session_id: str) -> None:
    """No document leads this call any more: it is about to be connected with another."""
    flow = uow.flows.get(session_id)
    if flow is not None and flow.state != OVER:
        uow.flows.put(replace(flow, state=OVER, step_uuid="", document="", results={}))
        uow.after_commit(FlowMoved(session_id))


def is_led(uow: UnitOfWork, session_id: str) -> bool:
    flow = uow.flows.get(session_id)
    return flow is not None and flow.state != OVER


def moved(uow: UnitOfWork, session_id: str) -> None:
    if is_led(uow, session_id):
        uow.after_commit(FlowMoved(session_id))


def step_ended(uow: UnitOfWork, it: told.StepEnded) -> None:
    flow = uow.flows.get(it.session_id)
    if flow is not None and flow.step_uuid == it.step_uuid and flow.step_uuid:
        end_step(uow, flow, it.result)


def end_step(uow: UnitOfWork, flow: Flow, result: dict[str, Any]) -> Flow:
    """The step under way is over; returns the flow as it is then."""
    results = {**flow.results, str(flow.steps): result} if result else flow.results
    flow = replace(flow, state=RUNNING, steps=flow.steps + 1, results=results, step_uuid="", step_kind="", step_data="")
    uow.flows.put(flow)
    uow.after_commit(FlowMoved(flow.session_id))
    return flow


def call_ended(uow: UnitOfWork, session: Session) -> None:
    """The runner ends the flow: what must still be fetched is."""
    flow = uow.flows.get(session.id)
    if flow is None or flow.state == OVER:
        return
    if flow.step_uuid:
        flow = end_step(uow, flow, {"hung_up": "true", "room_id": flow.room_id})
    uow.flows.put(replace(flow, ended=True))
    uow.after_commit(FlowMoved(session.id))


# Rooms


def in_document_room(uow: UnitOfWork, seat: Seat) -> Flow | None:
    """The flow of a seat that its document took."""
    flow = uow.flows.get(seat.session_id)
    if flow is None or flow.step_kind != "room" or flow.room_id != seat.room_id:
        return None
    return flow


def entered(uow: UnitOfWork, room: Room, session: Session, seat: Seat, at: int) -> None:
    flow = in_document_room(uow, seat)
    room_roles.entered(uow, flow, room, seat, at)
    document_recordings.entered(uow, flow, uow.rooms.get(room.id) or room, session, seat)
    if flow is not None:
        call_back(uow, flow, room, session, seat, "enter")
        if sound := flow.notes.get("enter_sound"):
            uow.after_commit(SoundRoom(room.id, sound))
    else:
        moved(uow, session.id)


def took_floor(uow: UnitOfWork, room: Room, session_id: str) -> None:
    seat, session = uow.seats.get(session_id), uow.sessions.get(session_id)
    flow = in_document_room(uow, seat) if seat is not None else None
    if seat is not None and session is not None and flow is not None and flow.notes.get("floor_event"):
        call_back(uow, flow, room, session, seat, "floor")


def left(uow: UnitOfWork, room: Room, session: Session, seat: Seat, reason: str, cause: str, at: int) -> None:
    """A member is gone: its document goes on, and a room that a document made ends with its last seat."""
    flow = in_document_room(uow, seat)
    room = uow.rooms.get(room.id) or room
    sound = flow.notes.get("exit_sound") if flow is not None else ""
    if sound and room.members and not room_roles.is_ending(room, seat.conference_uuid):
        uow.after_commit(SoundRoom(room.id, sound))
    room_roles.left(uow, flow, room, seat)
    if flow is not None:
        call_back(uow, flow, room, session, seat, "exit")
        result = {**_result(seat, reason, cause), **_recorded(room, seat), "joined": "true"}
        if flow.state == OVER:
            pass  # taken away from its document
        elif cause == room_settings.MOVE and reason == "removed":  # its step goes on in the other room
            uow.flows.put(replace(flow, room_id=str(seat.marks.get(marks.MOVE_TO, ""))))
        elif reason != "hangup":
            end_step(uow, flow, result)
        else:
            uow.flows.put(replace(end_step(uow, flow, {**result, "hung_up": "true"}), ended=True))
    else:
        moved(uow, session.id)
    end_if_unused(uow, room.id, at)


def not_entered(uow: UnitOfWork, room: Room, session: Session, seat: Seat, reason: str, at: int) -> None:
    flow = in_document_room(uow, seat)
    if flow is not None and flow.state != OVER:
        flow = end_step(uow, flow, _result(seat, reason, reason))
        if reason == "hangup":  # told before the end of the call: no further verb may begin
            uow.flows.put(replace(flow, ended=True))
    else:
        moved(uow, session.id)
    end_if_unused(uow, room.id, at)


def _result(seat: Seat, reason: str, cause: str) -> dict[str, str]:
    member_id = f"m{seat.member_id}" if seat.member_id else ""
    return {"reason": reason, "cause": cause, "room_id": seat.room_id, "member_id": member_id}


def _recorded(room: Room, seat: Seat) -> dict[str, str]:
    """The file of the room while this member was in it."""
    known = room.running.get("recording", {})
    if known.get("conference") != seat.conference_uuid:
        return {}
    return {"recording_id": known["id"], "record_url": known["url"]}


def announced(uow: UnitOfWork, room: Room, at: int) -> Room:
    """The room as one that the app may be told of: a document's, which nobody has entered yet, is created by that."""
    if room_settings.is_announced(room):
        return room
    room = room_settings.as_announced(room)
    uow.rooms.put(room)
    uow.emit(announcements.room_created(room, at))
    return room


def end_if_unused(uow: UnitOfWork, room_id: str, at: int) -> None:
    """A room that a document made is destroyed when neither member nor joining seat is left.

    One that was never told of (nobody entered it, no command reached it) goes without a word.
    """
    room = uow.rooms.get(room_id)
    if room is None or room.origin != DOCUMENT or room.destroyed_at is not None or room.members:
        return
    if finders.joining_seats(uow, room.id):
        return
    uow.rooms.put(replace(room, destroyed_at=at))
    if room_settings.is_announced(room):
        uow.emit(announcements.room_destroyed(room, at))


def call_back(uow: UnitOfWork, flow: Flow, room: Room, session: Session, seat: Seat, action: str, **more: str) -> None:
    """One of <Conference>'s callbacks, to the callbackUrl of the member's own document."""
    url = flow.notes.get("callback_url", "")
    if not url:
        return
    params = {
        "ConferenceAction": action,
        "ConferenceName": room.name,
        "ConferenceUUID": room.id,
        "ConferenceMemberID": f"m{seat.member_id}" if seat.state == JOINED else "",
        "CallUUID": session.id,
        **more,
    }
    callback = Callback(url, flow.notes.get("callback_method", "POST"), params)
    uow.tell(callback, flow.app_id, session.id, room.id)
