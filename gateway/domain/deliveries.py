"""A webhook delivery as it stands in the outbox: one event to one endpoint."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Delivery:
    """One row as it is listed; `body` is empty in lists."""

    id: int
    event_id: str
    event: str
    app_id: str
    endpoint_id: str
    room_id: str
    session_id: str
    url: str
    created_at: int
    due_at: int
    attempts: int
    state: str
    last_status: int
    last_error: str
    ended_at: int | None
    body: bytes = b""
