"""The native API's rooms beyond contracts/gateway-conferences.txt: docs/rooms.md, and `speak`."""

from flask import Response

from gateway.api.answers import answered
from gateway.api.bodies import Blueprint
from gateway.api.context import Json, asked, authenticate, room_id, services
from gateway.schemas.answers import PlaybackCommanded
from gateway.schemas.leg_audio import Speak
from gateway.schemas.requests import CommandBody
from gateway.schemas.room_answers import AllMuted, RoomCommanded
from gateway.schemas.room_requests import MuteAll, SetPin

blueprint = Blueprint("rooms", __name__, url_prefix="/api/v1/conferences", description="Rooms, beyond the basics")
blueprint.before_request(authenticate)


@blueprint.post("/<room>/lock")
@blueprint.arguments(CommandBody)
@blueprint.answers(RoomCommanded, 202)
def lock(body: Json, room: str) -> Response:
    """Nobody comes in any more; who is in stays."""
    return answered(services().room_commands.lock(asked(body), room_id(room), True))


@blueprint.post("/<room>/unlock")
@blueprint.arguments(CommandBody)
@blueprint.answers(RoomCommanded, 202)
def unlock(body: Json, room: str) -> Response:
    """The room is open again."""
    return answered(services().room_commands.lock(asked(body), room_id(room), False))


@blueprint.post("/<room>/pin")
@blueprint.arguments(SetPin)
@blueprint.answers(RoomCommanded, 202)
def pin(body: Json, room: str) -> Response:
    """Set (digits) or clear (null) the PIN that callers led by documents are asked for."""
    return answered(services().room_commands.pin(asked(body), room_id(room), body["pin"] or ""))


@blueprint.post("/<room>/speak")
@blueprint.arguments(Speak)
@blueprint.answers(PlaybackCommanded, 202)
def speak(body: Json, room: str) -> Response:
    """Speak a text into the room, behind what plays there."""
    told = body["text"], body["voice"], body["language"]
    return answered(services().audio.speak(asked(body), room_id(room), *told))


@blueprint.post("/<room>/mute_all")
@blueprint.arguments(MuteAll)
@blueprint.answers(AllMuted, 202)
def mute_all(body: Json, room: str) -> Response:
    """Mute all members; the answer says what became of each."""
    return answered(services().room_commands.mute_all(asked(body), room_id(room), True, body["spare_moderators"]))


@blueprint.post("/<room>/unmute_all")
@blueprint.arguments(MuteAll)
@blueprint.answers(AllMuted, 202)
def unmute_all(body: Json, room: str) -> Response:
    """Unmute all members; the answer says what became of each."""
    return answered(services().room_commands.mute_all(asked(body), room_id(room), False, body["spare_moderators"]))
