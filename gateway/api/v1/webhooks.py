"""The native API's webhooks: what `gateway webhooks list|show|resend` do for operators, for the app's own alone."""

from flask import Response

from gateway.api.answers import json_response
from gateway.api.bodies import Blueprint
from gateway.api.context import Json, authenticate, caller, services
from gateway.schemas.answers import DeliveriesPage, DeliveriesShown, EndpointsShown, Resent
from gateway.schemas.deliveries import delivery_shape
from gateway.schemas.requests import DeliveriesQuery, NoFields, ResendDead
from gateway.schemas.shapes import endpoint_shape

blueprint = Blueprint("webhooks", __name__, url_prefix="/api/v1/webhooks", description="Webhook deliveries")
blueprint.before_request(authenticate)
MAX_LIMIT = 200


@blueprint.get("/endpoints")
@blueprint.answers(EndpointsShown, 200)
def endpoints() -> Response:
    """Where the app's webhooks go; one that is disabled says why."""
    found = services().endpoints.list_endpoints(caller().id)
    return json_response({"endpoints": [endpoint_shape(endpoint) for endpoint in found]})


@blueprint.get("/deliveries")
@blueprint.arguments(DeliveriesQuery, location="query")
@blueprint.answers(DeliveriesPage, 200)
def deliveries(query: Json) -> Response:
    """Dead letters (or what `state` asks for), newest first."""
    state = "" if query["state"] == "all" else query["state"]
    limit = min(query["limit"], MAX_LIMIT)
    page = services().deliveries.page(caller().id, state, query["endpoint_id"], query["event"], query["cursor"], limit)
    shown = [delivery_shape(delivery) for delivery in page.deliveries]
    return json_response({"deliveries": shown, "cursor": page.next_cursor})


@blueprint.get("/deliveries/<key>")
@blueprint.answers(DeliveriesShown, 200)
def delivery(key: str) -> Response:
    """By its number, or by an event's id: then one for each endpoint. With the body."""
    found = services().deliveries.show(key, caller().id)
    return json_response({"deliveries": [delivery_shape(one) for one in found]})


@blueprint.post("/deliveries/<key>/resend")
@blueprint.arguments(NoFields)
@blueprint.answers(Resent, 202)
def resend(_body: Json, key: str) -> Response:
    """Send again: the same id, sequence and bytes."""
    return json_response({"resent": services().deliveries.resend(key, caller().id)}, 202)


@blueprint.post("/deliveries/resend")
@blueprint.arguments(ResendDead)
@blueprint.answers(Resent, 202)
def resend_dead(body: Json) -> Response:
    """All dead letters of an endpoint, in their old order."""
    return json_response({"resent": services().deliveries.resend_dead(body["endpoint_id"], caller().id)}, 202)
