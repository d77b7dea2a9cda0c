"""The native API's calls: /api/v1/sessions and the commands to one (contracts/gateway-conferences.txt)."""

from flask import Response

from gateway.api.answers import answered, json_response
from gateway.api.bodies import Blueprint
from gateway.api.context import Json, asked, asked_with_header, authenticate, caller, page, services, session_id, wanted
from gateway.schemas.answers import Call, CallMade, CallsPage, Dialling, MemberCommanded, Operating
from gateway.schemas.calls import Originate, Transfer
from gateway.schemas.requests import CommandBody, Hangup, JoinConference, SessionsQuery
from gateway.schemas.shapes import session_shape

blueprint = Blueprint("sessions", __name__, url_prefix="/api/v1/sessions", description="Calls")
blueprint.before_request(authenticate)
MOST = 200  # a page


@blueprint.post("")
@blueprint.arguments(Originate)
@blueprint.answers(CallMade, 201)
def originate(body: Json) -> Response:
    """Call a number or a registered phone."""
    return answered(services().outbound.originate(asked_with_header(body), wanted(body)))


@blueprint.get("")
@blueprint.arguments(SessionsQuery, location="query")
@blueprint.answers(CallsPage, 200)
def list_sessions(query: Json) -> Response:
    """The app's calls, oldest first."""
    return json_response(services().sessions.page(caller(), query.get("status"), page("sessions", query, MOST)))


@blueprint.get("/<uuid>")
@blueprint.answers(Call, 200)
def get(uuid: str) -> Response:
    """One call; its recordings, if there are any."""
    session, room = services().sessions.found(caller(), session_id(uuid))
    recordings = services().recordings.of_call(session)
    return json_response(session_shape(session, room) | ({"recordings": recordings} if recordings else {}))


@blueprint.post("/<uuid>/commands/answer")
@blueprint.arguments(CommandBody)
@blueprint.answers(Operating, 202)
def answer(body: Json, uuid: str) -> Response:
    """Answer a ringing call."""
    return answered(services().sessions.answer(asked(body), session_id(uuid)))


@blueprint.post("/<uuid>/commands/hangup")
@blueprint.arguments(Hangup)
@blueprint.answers(Operating, 202)
def hangup(body: Json, uuid: str) -> Response:
    """Hang up, with a cause (Q.850 names as the switch has them)."""
    return answered(services().sessions.hangup(asked(body), session_id(uuid), body["cause"]))


@blueprint.post("/<uuid>/commands/conference/join")
@blueprint.arguments(JoinConference)
@blueprint.answers(MemberCommanded, 200, 202)
def join(body: Json, uuid: str) -> Response:
    """Join a room, muted."""
    session = session_id(uuid)
    # Without a room of that name it is not found where its turn comes: a repeat gets the first answer before.
    room = body.get("room_id") or services().rooms.find_id(caller(), body["name"])
    return answered(services().session_members.join(asked(body), session, room))


@blueprint.post("/<uuid>/commands/conference/leave")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberCommanded, 202)
def leave(body: Json, uuid: str) -> Response:
    """Leave the room; the call goes on."""
    return answered(services().session_members.leave(asked(body), session_id(uuid)))


@blueprint.post("/<uuid>/commands/conference/mute")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberCommanded, 202)
def mute(body: Json, uuid: str) -> Response:
    """Mute a member."""
    return answered(services().session_members.mute(asked(body), session_id(uuid), True))


@blueprint.post("/<uuid>/commands/conference/unmute")
@blueprint.arguments(CommandBody)
@blueprint.answers(MemberCommanded, 202)
def unmute(body: Json, uuid: str) -> Response:
    """Unmute a member."""
    return answered(services().session_members.mute(asked(body), session_id(uuid), False))


@blueprint.post("/<uuid>/commands/transfer")
@blueprint.arguments(Transfer)
@blueprint.answers(Dialling, 202)
def transfer(body: Json, uuid: str) -> Response:
    """Connect the call with another number; while that one rings, or fails, the call stays where it is."""
    return answered(services().transfers.blind(asked(body), session_id(uuid), wanted(body)))


@blueprint.post("/<uuid>/commands/transfer/consult")
@blueprint.arguments(Transfer)
@blueprint.answers(Dialling, 202)
def consult(body: Json, uuid: str) -> Response:
    """Call another number first; complete connects the two, cancel hangs it up."""
    return answered(services().transfers.consult(asked(body), session_id(uuid), wanted(body)))


@blueprint.post("/<uuid>/commands/transfer/complete")
@blueprint.arguments(CommandBody)
@blueprint.answers(Operating, 202)
def complete(body: Json, uuid: str) -> Response:
    """Connect the call with the one that was consulted."""
    return answered(services().transfers.complete(asked(body), session_id(uuid)))


@blueprint.post("/<uuid>/commands/transfer/cancel")
@blueprint.arguments(CommandBody)
@blueprint.answers(Operating, 202)
def cancel(body: Json, uuid: str) -> Response:
    """Hang up the new leg; the call stays where it is."""
    return answered(services().transfers.cancel(asked(body), session_id(uuid)))
