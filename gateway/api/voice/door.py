"""The door of the voice API: who asks, and what a path names. In: the request. Out: the app, ids of the core.

Contract: "`/v1/voice/accounts/{auth_id}/…`, `Authorization: Bearer KEY`; auth_id is the app id".
"""

from collections.abc import Callable
from typing import Any

from flask import Response, g, request

from gateway.api.answers import answered, body_of_answer, json_response
from gateway.api.bodies import Blueprint
from gateway.api.context import admit, asked_with_header, caller, services
from gateway.domain.ids import CHANNEL_UUID, DOCUMENT_ROOM_NAME, SESSION_ID, VOICE_MEMBER_ID
from gateway.domain.session import ANSWERED
from gateway.domain.values import replace
from gateway.errors import Conflict, NotFound
from gateway.schemas.shapes import call_status
from gateway.services.commands import Answer, Asked

PREFIX = "/v1/voice/accounts/<auth_id>"
_SCHEME = "bearer "


def make_blueprint(name: str, part: str, description: str) -> Blueprint:
    blueprint = Blueprint(f"voice_{name}", __name__, url_prefix=f"{PREFIX}/{part}", description=description)
    blueprint.url_value_preprocessor(_take_auth_id)
    blueprint.before_request(authenticate)
    return blueprint


def _take_auth_id(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.auth_id = (values or {}).pop("auth_id", "")


def authenticate() -> None:
    """The same words for an unknown account and a wrong key (contract, "Apps")."""
    given = request.headers.get("Authorization", "")
    key = given[len(_SCHEME) :].strip() if given[: len(_SCHEME)].lower() == _SCHEME else ""
    admit(g.auth_id, key)


def asked(body: dict[str, Any]) -> Asked:
    """The header Idempotency-Key is the key; this contract knows no cooldowns."""
    return replace(asked_with_header(body), cooled=False)


def told(
    it: Asked, run: Callable[[], Answer], word: Callable[[dict[str, Any]], dict[str, Any]], status: int = 200
) -> Response:
    """What `run` answers, in this front's words; a repeat is answered as the first time, an error as the error it was.

    `run` finds what the path names: where that is gone, the first answer holds all the same.
    """
    try:
        answer = run()
    except (NotFound, Conflict):
        earlier = services().desk.earlier(it)
        if earlier is None:
            raise
        answer = earlier
    return answered(answer) if answer.status >= 400 else json_response(word(body_of_answer(answer)), status)


def conference(name: str) -> str:
    """The room_id of the app's living room of this name; raises NotFound."""
    if not DOCUMENT_ROOM_NAME.fullmatch(name):
        raise NotFound("Conference room not found", "room-not-found")
    return services().rooms.id_of(caller(), name)


def member(room_id: str, member_id: str) -> str:
    """The session that is this member, `m` and the switch's Member-ID, of the room; raises NotFound."""
    if not VOICE_MEMBER_ID.fullmatch(member_id):
        raise NotFound("Conference member not found", "member-not-found")
    return services().rooms.session_of(room_id, int(member_id[1:]))


def live_call(uuid: str) -> str:
    """ "All actions need status in-progress, else 409" (contract); raises NotFound, Forbidden, Conflict."""
    session, _ = services().sessions.found(caller(), call(uuid))
    if session.state != ANSWERED:
        status = call_status(session)
        raise Conflict(f"The call is {status}, not in-progress", "call-not-in-progress", {"status": status})
    return session.id


def call(uuid: str) -> str:
    """The session of a call_uuid, "accepted with and without the node prefix" (contract); raises NotFound."""
    if SESSION_ID.fullmatch(uuid):
        return uuid
    if not CHANNEL_UUID.fullmatch(uuid):
        raise NotFound("Session not found", "session-not-found")
    return services().sessions.id_of(uuid)
