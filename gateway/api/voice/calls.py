"""The voice API's calls (contracts/tryvox-call-actions.txt): the sessions of the core, by their call_uuid.

The contract prints the actions on a call, not the calls themselves: these are listed and shown in its manner.
"""

from typing import Any

from flask import Response

from gateway.api.answers import json_response
from gateway.api.context import caller, page, services
from gateway.api.voice.door import call, make_blueprint
from gateway.schemas.requests import SessionsQuery
from gateway.schemas.voice import call_shape

blueprint = make_blueprint("calls", "calls", "Calls (TryVox-compatible)")
Json = dict[str, Any]
MOST = 1000


@blueprint.get("")
@blueprint.arguments(SessionsQuery, location="query")
def list_calls(query: Json) -> Response:
    """The account's calls, oldest first; `cursor` is there when more follow."""
    sessions, cursor = services().sessions.listed(caller(), query.get("status"), page("voice-calls", query, MOST))
    body: Json = {"calls": [call_shape(session) for session, _ in sessions]}
    return json_response({**body, "cursor": cursor} if cursor else body)


@blueprint.get("/<uuid>")
def get(uuid: str) -> Response:
    """One call."""
    session, _ = services().sessions.found(caller(), call(uuid))
    return json_response(call_shape(session))
