"""The shapes of things as JSON, out: the same in an answer and in a webhook (contract, contracts/)."""

from typing import Any

from gateway.domain import marks
from gateway.domain.apps import Endpoint
from gateway.domain.causes import unanswered
from gateway.domain.clock import iso_ms, iso_s
from gateway.domain.member import Seat
from gateway.domain.recording import COMPLETED, Recording
from gateway.domain.room import PAUSED, PLAYING, Playback, Room
from gateway.domain.session import ANSWERED, CREATED, DIALLING, ENDED, Session

_CALL_STATUS = {DIALLING: "queued", CREATED: "ringing", ANSWERED: "in-progress", ENDED: "completed"}
_PLAYBACK_STATUS = {PLAYING: "playing", PAUSED: "paused"}


_UNANSWERED_STATUS = {"busy": "busy", "no_answer": "no-answer", "canceled": "canceled"}


def call_status(session: Session) -> str:
    """Of a call that we made and nobody answered, why: busy, no-answer, canceled or failed."""
    if session.state == ENDED and session.direction == "outbound" and session.answered_at is None:
        return _UNANSWERED_STATUS.get(unanswered(session.hangup_cause)[0], "failed")
    return _CALL_STATUS[session.state]


def call_shape(session: Session) -> dict[str, Any]:
    """The `call` object of call.* webhooks (MiniVoice). An app is customer and application at once here."""
    return {
        "id": session.id,
        "customer_id": session.app_id,
        "application_id": session.app_id,
        "status": call_status(session),
        "direction": session.direction,
        "from": session.from_number,
        "to": session.to_number,
    }


def session_shape(session: Session, room_id: str | None) -> dict[str, Any]:
    """GET /sessions: one call leg. `room_id` is null outside rooms."""
    return {
        "uuid": session.id,
        "status": call_status(session),
        "direction": session.direction,
        "from": session.from_number,
        "to": session.to_number,
        "room_id": room_id,
        "created_at": iso_ms(session.created_at),
        "answered_at": _iso(session.answered_at),
        "ended_at": _iso(session.ended_at),
        "hangup_cause": session.hangup_cause or None,
    }


def _iso(at: int | None) -> str | None:
    return None if at is None else iso_ms(at)


def room_in_list(room: Room) -> dict[str, Any]:
    return {
        "room_id": room.id,
        "name": room.name,
        "members": room.members,
        "created_at": iso_s(room.created_at),
    }


def room_shape(room: Room, playback: Playback | None) -> dict[str, Any]:
    """GET /conferences/{room_id}: created_at is an epoch string here, as the contract shows."""
    return {
        "room_id": room.id,
        "name": room.name,
        "created_at": str(room.created_at // 1000),
        "members": room.members,
        "playback_status": _PLAYBACK_STATUS.get(playback.status, "stopped") if playback else "stopped",
        "playback_volume": room.volume,
        "playback_urls": list(playback.urls) if playback else [],
        "playback_operation_id": playback.id if playback else "",
    }


def member_shape(session_id: str, did: str, caller_id: str, muted: bool) -> dict[str, Any]:
    return {"uuid": session_id, "did": did, "caller_id": caller_id, "muted": muted}


def recording_shape(recording: Recording, url: str) -> dict[str, Any]:
    """A recording, in answers and webhooks. `bytes` is null until the file was measured, `url` until it is whole."""
    whole = recording.state == COMPLETED
    return {
        "recording_id": recording.id,
        "room_id": recording.room_id or None,
        "session_uuid": recording.session_id or None,
        "status": recording.state,
        "format": recording.format,
        "created_at": iso_ms(recording.created_at),
        "started_at": _iso(recording.started_at),
        "ended_at": _iso(recording.ended_at),
        "duration_ms": recording.duration_ms if whole else None,
        "bytes": recording.bytes or None,
        "reason": recording.reason or None,
        "error": recording.error or None,
        "trim_silence": recording.trim_silence,
        "transcription": recording.transcription or None,
        "url": url if whole else None,
    }


def member_details(room: Room, seat: Seat, did: str, caller_id: str, about: dict[str, Any]) -> dict[str, Any]:
    """GET /conferences/{room_id}/members/{session_uuid}: the list's shape and all else that is known."""
    return {
        **member_shape(seat.session_id, did, caller_id, seat.muted),
        "room_id": room.id,
        "member_id": f"m{seat.member_id}",
        "joined_at": _iso(seat.joined_at),
        "deaf": marks.has(seat, marks.DEAF),
        "held": marks.has(seat, marks.HELD),
        "volume_in": marks.level(seat, "in"),
        "volume_out": marks.level(seat, "out"),
        "floor": room.floor_holder == seat.session_id,
        **about,
    }


def recording_brief(recording: Recording, url: str) -> dict[str, Any]:
    """In the details of a call, and at its end."""
    shape = recording_shape(recording, url)
    return {name: shape[name] for name in ("recording_id", "status", "format", "duration_ms", "url")}


def endpoint_shape(endpoint: Endpoint) -> dict[str, Any]:
    """An app's endpoint, without its secrets."""
    return {
        "endpoint_id": endpoint.id,
        "app_id": endpoint.app_id,
        "url": endpoint.url,
        "created_at": iso_s(endpoint.created_at),
        "patterns": endpoint.patterns,
        "old_secret_expires_at": _iso(endpoint.old_secret_expires_at),
        "disabled_at": _iso(endpoint.disabled_at),
        "disabled_reason": endpoint.disabled_reason,
    }
