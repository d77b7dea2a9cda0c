"""A webhook delivery as the API shows it, as JSON; what the cli prints of one is in cli/shapes.py."""

from typing import Any

import orjson

from gateway.domain.clock import iso_ms
from gateway.domain.deliveries import Delivery


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
        shape["body"] = orjson.loads(delivery.body)
    return shape
