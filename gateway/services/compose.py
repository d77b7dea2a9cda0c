"""An event becomes bytes for the endpoints of its app: where routing and rendering meet."""

from collections.abc import Callable

from gateway.domain.events import Compose, Event, Outgoing
from gateway.domain.ids import new_event_id
from gateway.schemas.webhooks import render

Route = Callable[[str, str], tuple[str, ...]]


def composer(route: Route) -> Compose:
    """`route(app_id, event name)` gives the endpoint ids; without any, nothing is rendered or kept."""

    def compose(event: Event, sequence: int | None, room_sequence: int | None) -> Outgoing:
        endpoint_ids = route(event.app_id, event.name)
        event_id = new_event_id()
        body = render(event, event_id, sequence, room_sequence) if endpoint_ids else b""
        return Outgoing(event_id, body, endpoint_ids)

    return compose
