"""The native API's members of a room: /api/v1/conferences/{room_id}/members/{session_uuid} (docs/rooms.md)."""

from flask import Response

from gateway.api.answers import answered, json_response
from gateway.api.bodies import Blueprint
from gateway.api.context import Json, asked, authenticate, caller, room_id, services, session_id
from gateway.schemas.requests import CommandBody
from gateway.schemas.room_answers import CoachingChanged, MemberActed, MemberDetails, Moving, RoleChanged
from gateway.schemas.room_requests import (
    CoachMembers,
    HoldMember,
    KickMember,
    MemberRole,
    MemberVolumeBody,
    MoveMember,
    UncoachMembers,
)

PREFIX = "/api/v1/conferences/<room>/members/<uuid>"
blueprint = Blueprint("members", __name__, url_prefix=PREFIX, description="Members of a room")
blueprint.before_request(authenticate)


@blueprint.get("")
@blueprint.answers(MemberDetails, 200)
def get(room: str, uuid: str) -> Response:
    """All that is known of a member."""
    return json_response(services().room_members.get(caller(), room_id(room), session_id(uuid)))


@blueprint.post("/mute")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberActed, 202)
def mute(body: Json, room: str, uuid: str) -> Response:
    """Mute a member."""
    return answered(services().room_members.mute(asked(body), room_id(room), session_id(uuid), True))


@blueprint.post("/unmute")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberActed, 202)
def unmute(body: Json, room: str, uuid: str) -> Response:
    """Unmute a member."""
    return answered(services().room_members.mute(asked(body), room_id(room), session_id(uuid), False))


@blueprint.post("/deaf")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberActed, 202)
def deaf(body: Json, room: str, uuid: str) -> Response:
    """The member hears nothing of the room."""
    return answered(services().room_members.deaf(asked(body), room_id(room), session_id(uuid), True))


@blueprint.post("/undeaf")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberActed, 202)
def undeaf(body: Json, room: str, uuid: str) -> Response:
    """The member hears the room again."""
    return answered(services().room_members.deaf(asked(body), room_id(room), session_id(uuid), False))


@blueprint.post("/hold")
@blueprint.arguments(HoldMember)
@blueprint.answers(MemberActed, 202)
def hold(body: Json, room: str, uuid: str) -> Response:
    """Neither heard nor hearing the room; with music, if wanted."""
    member = room_id(room), session_id(uuid)
    return answered(services().room_members.hold(asked(body), *member, body["music_url"]))


@blueprint.post("/unhold")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberActed, 202)
def unhold(body: Json, room: str, uuid: str) -> Response:
    """Back in the conversation."""
    return answered(services().room_members.unhold(asked(body), room_id(room), session_id(uuid)))


@blueprint.post("/volume")
@blueprint.arguments(MemberVolumeBody)
@blueprint.answers(MemberActed, 202)
def volume(body: Json, room: str, uuid: str) -> Response:
    """Of what the room hears of the member (in), or of what the member hears (out)."""
    member = room_id(room), session_id(uuid)
    return answered(services().room_members.volume(asked(body), *member, body["direction"], body["level"]))


@blueprint.post("/role")
@blueprint.arguments(MemberRole)
@blueprint.answers(RoleChanged, 202)
def role(body: Json, room: str, uuid: str) -> Response:
    """Moderators can be spared by mute_all."""
    return answered(services().room_members.role(asked(body), room_id(room), session_id(uuid), body["role"]))


@blueprint.post("/floor")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberActed, 200, 202)
def floor(body: Json, room: str, uuid: str) -> Response:
    """Claim the floor, from whoever holds it."""
    return answered(services().floors.claim(asked(body), room_id(room), session_id(uuid)))


@blueprint.post("/kick")
@blueprint.arguments(KickMember)
@blueprint.answers(MemberActed, 202)
def kick(body: Json, room: str, uuid: str) -> Response:
    """Out of the room; the call goes on."""
    member = room_id(room), session_id(uuid)
    return answered(services().room_members.kick(asked(body), *member, body["sound_url"]))


@blueprint.post("/move")
@blueprint.arguments(MoveMember)
@blueprint.answers(Moving, 202)
def move(body: Json, room: str, uuid: str) -> Response:
    """Into another room of the app."""
    member = room_id(room), session_id(uuid)
    target = body.get("room_id") or services().rooms.id_of(caller(), body["name"])
    return answered(services().room_members.move(asked(body), *member, target))


@blueprint.post("/coach")
@blueprint.arguments(CoachMembers)
@blueprint.answers(CoachingChanged, 202)
def coach(body: Json, room: str, uuid: str) -> Response:
    """Only the coached hear this member from now on."""
    return answered(services().coaching.coach(asked(body), room_id(room), session_id(uuid), body["coached"]))


@blueprint.post("/uncoach")
@blueprint.arguments(UncoachMembers)
@blueprint.answers(CoachingChanged, 202)
def uncoach(body: Json, room: str, uuid: str) -> Response:
    """It coaches these no more (all, where none is named); with nobody left to coach, all hear it again."""
    member = room_id(room), session_id(uuid)
    return answered(services().coaching.uncoach(asked(body), *member, body.get("coached", [])))
