"""A webhook delivery as the API shows it, as JSON; what the cli prints of one is in cli/shapes.py."""

from typing import Any
from urllib.parse import parse_qs

import orjson

from gateway.domain.clock import iso_ms
from gateway.domain.deliveries import Delivery

_FORM = "application/x-www-form-urlencoded"


def delivery_shape(delivery: Delivery) -> dict[str, Any]:
    """`body` only where it was asked for."""
    shape: dict[str, Any] = {
        "id": delivery.id,
        "event_id": delivery.event_id,
        "event": delivery.event,
        "app_id": delivery.app_id,
        "endpoint_id": delivery.endpoint_id,
        "room_id": delivery.room_id or None,
        "session_uuid": delivery.session_id or None,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "last_status": delivery.last_status or None,
        "last_error": delivery.last_error or None,
        "created_at": iso_ms(delivery.created_at),
        "due_at": iso_ms(delivery.due_at) if delivery.state == "pending" else None,
        "ended_at": None if delivery.ended_at is None else iso_ms(delivery.ended_at),
    }
    if delivery.body:
        shape["body"] = body_shape(delivery)
    return shape


def body_shape(delivery: Delivery) -> dict[str, Any]:
    """The fields of the body: a webhook's are JSON, a callback's a form's (a name that comes again has a list)."""
    if delivery.content_type != _FORM:
        shape: dict[str, Any] = orjson.loads(delivery.body)
        return shape
    fields = parse_qs(delivery.body.decode(), keep_blank_values=True)
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
