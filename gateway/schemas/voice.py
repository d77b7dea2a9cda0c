"""The voice API's JSON, in and out, as contracts/tryvox-conferences.txt and tryvox-call-actions.txt print it."""

from typing import Any

from marshmallow import fields, validate

from gateway.domain import marks
from gateway.domain.clock import iso_s
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.schemas.calls import destination, no_machine_detection, own_number, seconds
from gateway.schemas.leg_audio import Words, loops
from gateway.schemas.requests import CommandBody, PageLimit, PageQuery, Text, http_url
from gateway.schemas.shapes import call_status

IN_PROGRESS, EMPTY = "in-progress", "init"


class ConferencesQuery(PageQuery):
    """The contract's list has no pages: what has more than the largest is read on by its cursor."""

    limit = PageLimit(1000)


class VoiceCall(CommandBody):
    """The contract prints no request for it: its fields are named as those of the actions are."""

    to = Text(required=True, validate=destination)
    from_number = Text(required=True, data_key="from", validate=own_number)
    answer_url = Text(load_default="", validate=http_url)
    ring_timeout_s = seconds(60, 600, "ring_timeout")
    time_limit_s = seconds(14_400, 86_400, "time_limit")
    machine_detection = fields.Raw(validate=no_machine_detection, metadata={"description": "Not supported."})


class VoiceTransfer(CommandBody):
    to = Text(required=True, validate=destination)
    caller_id = Text(load_default="", validate=own_number)
    answer_url = Text(load_default="", validate=http_url)


class VoicePlay(CommandBody):
    url = Text(required=True, validate=http_url)
    loop = loops()


class VoiceSpeak(CommandBody):
    """`engine` is looked at and no more: which engine speaks is the voice's affair (GATEWAY_VOICES)."""

    text = Words(required=True)
    voice = Text(load_default="en-US-Standard-A", validate=validate.Length(1, 64))
    language = Text(load_default="en-US", validate=validate.Length(1, 35))
    engine = Text(load_default="neural", validate=validate.OneOf(["standard", "neural"]))


class VoiceRoomPlay(CommandBody):
    url = Text(required=True, validate=http_url)


class VoiceRoomSpeak(CommandBody):
    text = Words(required=True)
    voice = Text(load_default="en-US-Neural-Jenny", validate=validate.Length(1, 64))


class VoiceRecord(CommandBody):
    format = Text(load_default="mp3", validate=validate.OneOf(["mp3", "wav"]))
    max_length = fields.Integer(
        load_default=14_400,
        strict=True,
        validate=validate.Range(1, 86_400, error="Range 1 to 86400."),
        metadata={"description": "Seconds."},
    )
    trim_silence = fields.Boolean(load_default=False, truthy={True}, falsy={False})


def conference_in_list(room: Room) -> dict[str, Any]:
    return {
        "name": room.name,
        "status": _status(room),
        "members": room.members,
        "created_at": iso_s(room.created_at),
    }


def conference_shape(room: Room, seated: list[tuple[Seat, Session]]) -> dict[str, Any]:
    return {
        "name": room.name,
        "status": _status(room),
        "created_at": iso_s(room.created_at),
        "members": [_member(seat, session) for seat, session in seated],
    }


def _member(seat: Seat, session: Session) -> dict[str, Any]:
    """`number` is that of the other party: who called us, or whom we called."""
    return {
        "member_id": f"m{seat.member_id}",
        "call_uuid": session.channel_uuid,
        "number": session.from_number if session.direction == "inbound" else session.to_number,
        "muted": seat.muted,
        "hold": marks.has(seat, marks.HELD),
        "joined_at": iso_s(seat.joined_at or seat.asked_at),
    }


def _status(room: Room) -> str:
    """A room made beforehand, by the native API, that nobody has entered yet (or all have left) is `init`."""
    return IN_PROGRESS if room.members else EMPTY


def call_shape(session: Session) -> dict[str, Any]:
    """`duration`: whole seconds since the answer, once the call has ended."""
    answered, ended = session.answered_at, session.ended_at
    return {
        "call_uuid": session.channel_uuid,
        "from": session.from_number,
        "to": session.to_number,
        "direction": session.direction,
        "status": call_status(session),
        "created_at": iso_s(session.created_at),
        "answered_at": iso_s(answered) if answered is not None else None,
        "ended_at": iso_s(ended) if ended is not None else None,
        "duration": round((ended - answered) / 1000) if ended is not None and answered is not None else 0,
        "hangup_cause": session.hangup_cause or None,
    }
