"""A webhook delivery as it stands in the outbox: one event to one endpoint."""

from dataclasses import dataclass
from typing import NamedTuple


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
    content_type: str = "application/json"


class Ref(NamedTuple):
    """A pending row without its body: enough to know when it is its turn."""

    id: int
    room_id: str
    session_id: str
    attempts: int
    due_at: int


class Parcel(NamedTuple):
    """What goes over the wire. `url` is empty where the endpoint says where to."""

    id: int
    event_id: str
    event: str
    app_id: str
    body: bytes
    url: str
    method: str
    content_type: str
    created_at: int


class Fresh(NamedTuple):
    """A row that was just committed, whole: it need not be read back."""

    ref: Ref
    parcel: Parcel
