"""What the API's routes are given: the services, the caller's app, and the request as a service sees it."""

import re
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request

from gateway.api.bodies import body_hash
from gateway.domain.apps import App
from gateway.domain.ids import CHANNEL_UUID, COMMAND_UID, ROOM_ID, SESSION_ID, new_uuid
from gateway.errors import InvalidInput, NotFound, Unauthorized
from gateway.services.coaching import Coaching
from gateway.services.commands import Asked, CommandDesk
from gateway.services.deliveries import Deliveries
from gateway.services.directory import Directory
from gateway.services.endpoints import Endpoints
from gateway.services.floor import Floors
from gateway.services.leg_parts import LegParts
from gateway.services.outbound import Outbound, WantedCall
from gateway.services.paging import Page
from gateway.services.rate_limit import RateLimit
from gateway.services.recordings import Recordings
from gateway.services.records import Records
from gateway.services.room_audio import RoomAudio
from gateway.services.room_commands import RoomCommands
from gateway.services.room_members import RoomMembers
from gateway.services.rooms import Rooms
from gateway.services.session_members import SessionMembers
from gateway.services.sessions import Sessions
from gateway.services.transfers import Transfers

EXTENSION = "gateway"
Json = dict[str, Any]  # a body or a query, as its schema has loaded it


@dataclass(frozen=True)
class Services:
    directory: Directory
    desk: CommandDesk
    rooms: Rooms
    audio: RoomAudio
    session_members: SessionMembers
    room_commands: RoomCommands
    room_members: RoomMembers
    floors: Floors
    coaching: Coaching
    sessions: Sessions
    recordings: Recordings
    leg_parts: LegParts
    deliveries: Deliveries
    endpoints: Endpoints
    rate_limit: RateLimit
    outbound: Outbound
    transfers: Transfers
    records: Records


def services() -> Services:
    found: Services = current_app.extensions[EXTENSION]
    return found


def authenticate() -> None:
    """Before every native request: X-App-ID and X-API-Key, before anything of the request is read."""
    environ = request.environ
    app_id, key = environ.get("HTTP_X_APP_ID", ""), environ.get("HTTP_X_API_KEY", "")
    if not app_id or not key:
        raise Unauthorized("The app id or the API key is missing or wrong.")
    admit(app_id, key)


def admit(app_id: str, key: str) -> None:
    """The request is this app's from here on. Raises Unauthorized, or CoolingDown when it asks too much."""
    here = services()
    app = here.directory.authenticate(app_id, key)
    here.rate_limit.take(app.id)
    g.app = app


def caller() -> App:
    app: App = g.app
    return app


def asked(body: dict[str, Any]) -> Asked:
    """`body` is the checked one; a command_uid in it is the idempotency key."""
    uid = body.get("command_uid")
    return Asked(caller(), request.path, uid or new_uuid(), uid is not None, body_hash(body) if uid else "")


def asked_with_header(body: dict[str, Any]) -> Asked:
    """POST /conferences: its key is the header Idempotency-Key (quotes, as in the draft standard, are taken off).

    A command_uid beside it comes back, as ever.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return asked(body)
    key = re.sub(r'^"(.*)"$', r"\1", key.strip())
    if not COMMAND_UID.fullmatch(key):
        message = "Must be 1 to 128 of A-Z a-z 0-9 . _ -"
        raise InvalidInput("Invalid Idempotency-Key", detail={"fields": {"Idempotency-Key": [message]}})
    return Asked(caller(), request.path, body.get("command_uid", key), True, body_hash(body), key=key)


def page(kind: str, query: dict[str, Any], most: int) -> Page:
    return Page(kind, min(query["limit"], most), query["cursor"])


def room_id(text: str) -> str:
    if not ROOM_ID.fullmatch(text):
        raise NotFound("Conference room not found", "room-not-found")
    return text


def recording_id(text: str) -> str:
    if not CHANNEL_UUID.fullmatch(text):
        raise NotFound("Recording not found", "recording-not-found")
    return text


def session_id(text: str) -> str:
    if not SESSION_ID.fullmatch(text):
        raise NotFound("Session not found", "session-not-found")
    return text


def wanted(body: dict[str, Any]) -> WantedCall:
    """The call that a checked body of schemas/calls.py asks for."""
    return WantedCall(
        to=body["to"],
        from_number=body.get("from_number") or body.get("caller_id", ""),
        ring_timeout_s=body["ring_timeout_s"],
        time_limit_s=body["time_limit_s"],
        answer_url=body.get("answer_url", ""),
        room_id=body.get("room_id", ""),
        muted=body.get("muted", False),
    )
