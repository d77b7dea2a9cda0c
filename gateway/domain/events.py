"""Events: what the gateway tells apps in webhooks. An Event is made by a service; the store numbers and keeps it."""

from collections.abc import Callable
from dataclasses import field
from typing import Any

from gateway.domain.values import frozen

# Told only to endpoints that name them, without a sequence (contract, "Webhooks").
UNSEQUENCED = frozenset({"conference.member.talking_started", "conference.member.talking_stopped"})


@frozen
class Event:
    """`session_id` and `room_id` are also its lanes: order is kept per room and per session."""

    name: str
    app_id: str
    at: int
    data: dict[str, Any] = field(default_factory=dict)
    session_id: str = ""
    room_id: str = ""
    call: dict[str, Any] | None = None


@frozen
class Outgoing:
    """An event as bytes, and the endpoints that get them."""

    event_id: str
    body: bytes
    endpoint_ids: tuple[str, ...]


# (event, session sequence or None, room sequence or None) -> what goes to whom
Compose = Callable[[Event, int | None, int | None], Outgoing]
