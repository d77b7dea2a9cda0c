"""A webhook's body: rendered once from an event, as bytes that are re-sent unchanged (contract, "Webhooks")."""

from typing import Any

import orjson

from gateway.domain.clock import iso_ms
from gateway.domain.events import Event


def render(event: Event, event_id: str, sequence: int | None, room_sequence: int | None) -> bytes:
    body: dict[str, Any] = {
        "id": event_id,
        "event": event.name,
        "created_at": iso_ms(event.at),
        "app_id": event.app_id,
    }
    if event.session_id:
        body["session_uuid"] = event.session_id
        if sequence is not None:
            body["sequence"] = sequence
    if event.room_id:
        body["room_id"] = event.room_id
        if room_sequence is not None:
            body["room_sequence"] = room_sequence
    if event.call is not None:
        body["call"] = event.call
        body["variables"] = {}
    body["data"] = event.data
    return orjson.dumps(body)
