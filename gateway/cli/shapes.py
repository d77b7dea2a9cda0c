"""What commands show of apps, numbers and keys. In: domain values. Out: plain ones, without secrets."""

from typing import Any

from gateway.domain.apps import ApiKey, App, Number
from gateway.domain.clock import iso_s
from gateway.domain.deliveries import Delivery


def app_shape(app: App) -> dict[str, Any]:
    return {
        "app_id": app.id,
        "name": app.name,
        "created_at": iso_s(app.created_at),
        "answer_url": app.answer_url,
        "settings": app.settings,
    }


def number_shape(number: Number) -> dict[str, Any]:
    return {"number": number.digits, "app_id": number.app_id, "created_at": iso_s(number.created_at)}


def key_shape(key: ApiKey) -> dict[str, Any]:
    """The first digits of the hash tell keys apart and give nothing away."""
    return {
        "sha256": key.key_hash[:12],
        "created_at": iso_s(key.created_at),
        "expires_at": _when(key.expires_at),
    }


def delivery_shape(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event_id": delivery.event_id,
        "event": delivery.event,
        "app_id": delivery.app_id,
        "endpoint_id": delivery.endpoint_id,
        "url": delivery.url,
        "room_id": delivery.room_id,
        "session_uuid": delivery.session_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": iso_s(delivery.created_at),
        "due_at": iso_s(delivery.due_at),
        "ended_at": _when(delivery.ended_at),
    }


def _when(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso_s(at_ms)
