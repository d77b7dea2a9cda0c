"""The native API's billing records: GET /api/v1/records."""

from flask import Response

from gateway.api.answers import json_response
from gateway.api.bodies import Blueprint
from gateway.api.context import Json, authenticate, caller, page, services
from gateway.schemas.billing import RecordsPage, RecordsQuery
from gateway.store.billing import BillingFilter

blueprint = Blueprint("records", __name__, url_prefix="/api/v1", description="Billing records")
blueprint.before_request(authenticate)
MOST = 200  # a page


@blueprint.get("/records")
@blueprint.arguments(RecordsQuery, location="query")
@blueprint.answers(RecordsPage, 200)
def list_records(query: Json) -> Response:
    """The app's calls and stays that are over, by their end; of a kind, a call, a room, a time."""
    since, until = (int(query[name].timestamp() * 1000) if name in query else 0 for name in ("since", "until"))
    wanted = BillingFilter("", query["kind"], query["session_uuid"], query["room_id"], since, until)
    return json_response(services().records.page(caller(), page("records", query, MOST), wanted))
