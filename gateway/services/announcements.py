"""What apps are told: state in, Events out. Every event's name and data is made here and nowhere else.

(But for what one call is played: leg_announcements.py.)
"""

from typing import Any

from gateway.domain.causes import unanswered
from gateway.domain.events import Event
from gateway.domain.member import Seat
from gateway.domain.recording import Recording
from gateway.domain.room import Playback, Room
from gateway.domain.session import Operation, Session
from gateway.domain.values import replace
from gateway.schemas.shapes import call_shape, member_shape, recording_shape
from gateway.services import room_settings

MAX_REASON_CHARS = 500


def _with_uid(data: dict[str, Any], command_uid: str) -> dict[str, Any]:
    return {**data, "command_uid": command_uid} if command_uid else data


def _room(room: Room, name: str, at: int, data: dict[str, Any], command_uid: str = "") -> Event:
    return Event(name, room.app_id, at, _with_uid({"room_id": room.id, **data}, command_uid), room_id=room.id)


def _member(room: Room, session: Session, name: str, at: int, data: dict[str, Any], command_uid: str = "") -> Event:
    base = {"room_id": room.id, "name": room.name, "uuid": session.id}
    data = _with_uid({**base, **data}, command_uid)
    return Event(name, session.app_id, at, data, session_id=session.id, room_id=room.id)


def _call(session: Session, name: str, at: int, data: dict[str, Any]) -> Event:
    return Event(name, session.app_id, at, data, session_id=session.id, call=call_shape(session))


# Rooms


def room_created(room: Room, at: int, command_uid: str = "") -> Event:
    return _room(room, "conference.created", at, {"name": room.name}, command_uid)


def room_started(room: Room, at: int) -> Event:
    return _room(room, "conference.started", at, {"name": room.name})


def room_ended(room: Room, at: int) -> Event:
    return _room(room, "conference.ended", at, {"name": room.name})


def room_destroyed(room: Room, at: int, command_uid: str = "") -> Event:
    return _room(room, "conference.destroyed", at, {"name": room.name}, command_uid)


def room_lock_changed(room: Room, at: int, command_uid: str = "") -> Event:
    name = "conference.locked" if room.locked else "conference.unlocked"
    return _room(room, name, at, {"name": room.name}, command_uid)


def floor_changed(room: Room, session_id: str, at: int, command_uid: str = "") -> Event:
    return _room(room, "conference.floor_changed", at, {"uuid": session_id or None}, command_uid)


def pin_changed(room: Room, is_set: bool, at: int, command_uid: str) -> Event:
    """Never the pin itself."""
    return _room(room, "conference.pin_changed", at, {"name": room.name, "pin_set": is_set}, command_uid)


# Members


def member_joined(room: Room, session: Session, seat: Seat, at: int) -> Event:
    shape = member_shape(session.id, session.to_number, session.from_number, seat.muted)
    data = {**shape, "member_id": f"m{seat.member_id}"}
    return _member(room, session, "conference.member.joined", at, data, seat.join_uid)


def member_left(room: Room, session: Session, seat: Seat, reason: str, cause: str, at: int) -> Event:
    duration = max(0, at - (seat.joined_at or at))
    data = {"reason": reason, "cause": cause, "duration_ms": duration}
    return _member(room, session, "conference.member.left", at, data, seat.exit_uid)


def member_muted(room: Room, session: Session, muted: bool, by: str, command_uid: str, at: int) -> Event:
    name = "conference.member.muted" if muted else "conference.member.unmuted"
    return _member(room, session, name, at, {"muted": muted, "by": by}, command_uid)


def member_deafened(room: Room, session: Session, deaf: bool, command_uid: str, at: int) -> Event:
    name = "conference.member.deafened" if deaf else "conference.member.undeafened"
    return _member(room, session, name, at, {"deaf": deaf, "by": _by(command_uid)}, command_uid)


def member_held(room: Room, session: Session, held: bool, command_uid: str, at: int) -> Event:
    name = "conference.member.held" if held else "conference.member.unheld"
    return _member(room, session, name, at, {"held": held, "by": _by(command_uid)}, command_uid)


def member_volume_changed(room: Room, session: Session, direction: str, level: int, command_uid: str, at: int) -> Event:
    data = {"direction": direction, "level": level, "by": _by(command_uid)}
    return _member(room, session, "conference.member.volume_changed", at, data, command_uid)


def member_role_changed(room: Room, session: Session, role: str, command_uid: str, at: int) -> Event:
    return _member(room, session, "conference.member.role_changed", at, {"role": role}, command_uid)


def member_coached(room: Room, coach: Session, coached: list[str], command_uid: str, at: int) -> Event:
    """Of the coach; `coached` are those who alone hear it from now on."""
    return _member(room, coach, "conference.member.coached", at, {"coached": coached}, command_uid)


def member_uncoached(room: Room, coach: Session, released: list[str], left: list[str], uid: str, at: int) -> Event:
    """`coached` are those whom it coached till now, `remaining` whom it still does."""
    data = {"coached": released, "remaining": left}
    return _member(room, coach, "conference.member.uncoached", at, data, uid)


def _by(command_uid: str) -> str:
    return "app" if command_uid else "switch"


def member_talking(room: Room, session: Session, talking: bool, at: int) -> Event:
    name = "conference.member.talking_started" if talking else "conference.member.talking_stopped"
    return _member(room, session, name, at, {"talking": talking})


def member_digits(room: Room, session: Session, digits: str, at: int) -> Event:
    """What its document waits for (digitsMatch)."""
    return _member(room, session, "conference.member.digits", at, {"digits": digits})


def member_join_failed(room: Room, session: Session, seat: Seat, reason: str, at: int) -> Event:
    """A room that was not told of has no events: then this is the call's alone."""
    told = _member(room, session, "conference.member.join_failed", at, {"reason": reason}, seat.join_uid)
    return told if room_settings.is_announced(room) else replace(told, room_id="")


# Calls


def call_created(session: Session, at: int, command_uid: str = "") -> Event:
    return _call(session, "call.created", at, _with_uid({}, command_uid))


def call_ringing(session: Session, at: int, command_uid: str = "") -> Event:
    return _call(session, "call.ringing", at, _with_uid({}, command_uid))


def call_answered(session: Session, at: int, command_uid: str = "") -> Event:
    return _call(session, "call.answered", at, _with_uid({}, command_uid))


def call_unanswered(session: Session, at: int, command_uid: str = "") -> Event:
    """The end of a call that we made and nobody answered; call.completed does not follow."""
    code, message = unanswered(session.hangup_cause)
    data = {"error": {"code": code, "message": message}, "hangup_cause": session.hangup_cause}
    return _call(session, "call.failed", at, _with_uid(data, command_uid))


def call_completed(session: Session, at: int, recordings: list[dict[str, Any]] | None = None) -> Event:
    """`recordings` are told of a call that had any."""
    start, end = session.answered_at, session.ended_at or at
    data: dict[str, Any] = {
        "hangup_cause": session.hangup_cause,
        "duration_ms": max(0, end - session.created_at),
        "billable_ms": max(0, end - start) if start is not None else 0,
    }
    if recordings:
        data["recordings"] = recordings
    return _call(session, "call.completed", at, data)


def call_failed(session: Session, code: str, message: str, at: int) -> Event:
    return _call(session, "call.failed", at, {"error": {"code": code, "message": message}})


def call_gathered(session: Session, digits: str, reason: str, at: int) -> Event:
    """`reason`: digits, or timeout where too few or none came."""
    return _call(session, "call.gathered", at, {"digits": digits, "reason": reason})


def short(reason: str) -> str:
    """Of what others say went wrong, as much as an app is told."""
    return reason.strip()[:MAX_REASON_CHARS]


def playback_failed(session: Session, url: str, reason: str, at: int) -> Event:
    data = {"url": url, "reason": reason}
    return Event("playback.failed", session.app_id, at, data, session_id=session.id)


def command_result(operation: Operation, subject: Session | Room, status: str, error: str, at: int) -> Event:
    """`subject` is what the command was for."""
    data: dict[str, Any] = {
        "command": operation.command,
        "command_uid": operation.command_uid,
        "operation_id": operation.id,
        "status": status,
    }
    if error:
        data["error"] = error
    if isinstance(subject, Room):
        return Event("command.result", operation.app_id, at, data, room_id=subject.id)
    return Event("command.result", operation.app_id, at, data, session_id=subject.id)


# Recordings


def recording(recording: Recording, what: str, url: str, at: int, command_uid: str = "") -> Event:
    """`what`: started, paused, resumed, completed. Of a room it is conference.recording.*."""
    name = f"{'conference.' if recording.room_id else ''}recording.{what}"
    data = _with_uid(recording_shape(recording, url), command_uid)
    return Event(name, recording.app_id, at, data, recording.session_id, recording.room_id)


def transcription(recording: Recording, text: str, error: str, at: int) -> Event:
    """Completed with the text, or failed with the reason."""
    data: dict[str, Any] = {"recording_id": recording.id, "duration_ms": recording.duration_ms}
    data |= {"error": error} if error else {"text": text}
    name = "transcription.failed" if error else "transcription.completed"
    return Event(name, recording.app_id, at, data, recording.session_id, recording.room_id)


# Room playback


def _played(playback: Playback, what: str) -> str:
    return f"conference.{'speak' if playback.speech else 'play'}.{what}"


def play_started(room: Room, playback: Playback, at: int) -> Event:
    data: dict[str, Any] = {"operation_id": playback.id}
    data |= {"text": playback.speech["text"]} if playback.speech else {"urls": list(playback.urls)}
    return _room(room, _played(playback, "started"), at, data, playback.command_uid)


def play_finished(room: Room, playback: Playback, at: int) -> Event:
    data = {"operation_id": playback.id, "played": playback.played, "failed": playback.failed}
    return _room(room, _played(playback, "finished"), at, data, playback.command_uid)


def play_failed(room: Room, playback: Playback, reason: str, at: int) -> Event:
    """Of the file that is, or is next, in the switch; or of all the speech."""
    data = {"operation_id": playback.id, "reason": reason}
    data |= {} if playback.speech else {"url": playback.url}
    return _room(room, _played(playback, "failed"), at, data, playback.command_uid)


def play_stopped(room: Room, playback: Playback, reason: str, at: int, command_uid: str = "") -> Event:
    data = {
        "operation_id": playback.id,
        "reason": reason,
        "played": playback.played,
        "failed": playback.failed,
    }
    return _room(room, _played(playback, "stopped"), at, data, command_uid or playback.command_uid)


def play_paused(room: Room, playback: Playback, paused: bool, at: int, command_uid: str) -> Event:
    name = "conference.play.paused" if paused else "conference.play.resumed"
    return _room(room, name, at, {"operation_id": playback.id}, command_uid)


def play_volume_changed(room: Room, operation_id: str, at: int, command_uid: str) -> Event:
    data = {"volume": room.volume, "operation_id": operation_id}
    return _room(room, "conference.play.volume_changed", at, data, command_uid)
