"""The native API's rooms: /api/v1/conferences (contracts/gateway-conferences.txt), and `dial` (docs/calls.md)."""

from flask import Response

from gateway.api.answers import answered, json_response
from gateway.api.bodies import Blueprint
from gateway.api.context import Json, asked, asked_with_header, authenticate, caller, page, room_id, services, wanted
from gateway.schemas.answers import Dialling, MembersPage, PlaybackCommanded, RoomId, RoomsPage, RoomStatus
from gateway.schemas.calls import DialRoom
from gateway.schemas.requests import CommandBody, CreateConference, PageQuery, PlayConference, SetVolume

blueprint = Blueprint("conferences", __name__, url_prefix="/api/v1/conferences", description="Rooms")
blueprint.before_request(authenticate)
MOST_ROOMS, MOST_MEMBERS = 200, 1000  # a page


@blueprint.post("")
@blueprint.arguments(CreateConference)
@blueprint.answers(RoomId, 201)
def create(body: Json) -> Response:
    """Create a room; 409 with the existing room_id when the name is taken."""
    return answered(services().rooms.create(asked_with_header(body), body["name"]))


@blueprint.get("")
@blueprint.arguments(PageQuery, location="query")
@blueprint.answers(RoomsPage, 200)
def list_rooms(query: Json) -> Response:
    """The app's rooms, oldest first."""
    return json_response(services().rooms.page(caller(), page("rooms", query, MOST_ROOMS)))


@blueprint.get("/<room>")
@blueprint.answers(RoomStatus, 200)
def get(room: str) -> Response:
    """Status of a room: members, playback, volume."""
    return json_response(services().rooms.get(caller(), room_id(room)))


@blueprint.get("/<room>/members")
@blueprint.arguments(PageQuery, location="query")
@blueprint.answers(MembersPage, 200)
def members(query: Json, room: str) -> Response:
    """Sessions in the room."""
    return json_response(services().rooms.members(caller(), room_id(room), page("members", query, MOST_MEMBERS)))


@blueprint.delete("/<room>")
@blueprint.arguments(CommandBody)
@blueprint.answers(RoomId, 200)
def delete(body: Json, room: str) -> Response:
    """Destroy a room: playback and recording stop, all members are kicked."""
    return answered(services().rooms.delete(asked(body), room_id(room)))


@blueprint.post("/<room>/play")
@blueprint.arguments(PlayConference)
@blueprint.answers(PlaybackCommanded, 202)
def play(body: Json, room: str) -> Response:
    """Play audio files into the room, one after the other."""
    return answered(services().audio.play(asked(body), room_id(room), body["urls"]))


@blueprint.post("/<room>/pause")
@blueprint.arguments(CommandBody)
@blueprint.answers(PlaybackCommanded, 202)
def pause(body: Json, room: str) -> Response:
    """Pause, or resume, the room's playback."""
    return answered(services().audio.pause(asked(body), room_id(room)))


@blueprint.post("/<room>/stop")
@blueprint.arguments(CommandBody)
@blueprint.answers(PlaybackCommanded, 200, 202)
def stop(body: Json, room: str) -> Response:
    """Stop all the room's playback."""
    return answered(services().audio.stop(asked(body), room_id(room)))


@blueprint.post("/<room>/volume")
@blueprint.arguments(SetVolume)
@blueprint.answers(PlaybackCommanded, 202)
def volume(body: Json, room: str) -> Response:
    """Set the room's playback volume."""
    return answered(services().audio.volume(asked(body), room_id(room), body["volume"]))


@blueprint.post("/<room>/dial")
@blueprint.arguments(DialRoom)
@blueprint.answers(Dialling, 202)
def dial(body: Json, room: str) -> Response:
    """Call a number into the room; command.result tells when it is in, or why not."""
    return answered(services().outbound.dial(asked(body), wanted({**body, "room_id": room_id(room)})))
