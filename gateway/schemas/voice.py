"""The voice API's JSON, in and out, as contracts/tryvox-conferences.txt and tryvox-call-actions.txt print it."""

from typing import Any

from marshmallow import fields, validate

from gateway.domain.clock import iso_s
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.schemas.requests import PageQuery

IN_PROGRESS, EMPTY = "in-progress", "init"


class ConferencesQuery(PageQuery):
    """The contract's list has no pages: what has more than the largest is read on by its cursor."""

    limit = fields.Integer(load_default=1000, validate=validate.Range(min=1, error="Must be a positive integer."))


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
        "hold": False,
        "joined_at": iso_s(seat.joined_at or seat.asked_at),
    }


def _status(room: Room) -> str:
    """A room made beforehand, by the native API, that nobody has entered yet (or all have left) is `init`."""
    return IN_PROGRESS if room.members else EMPTY
