"""Callbacks of documents in the outbox: shown, sent to any URL, over with their app (contract, "Webhooks")."""

from typing import Any

from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import ok
from tests.waiting import wait_for

Json = dict[str, Any]


def callbacks(hall: ConferenceHouse, session: str, state: str = "all") -> list[Json]:
    """Rows of the outbox, newest first."""
    listed = ok(hall.app.get("/webhooks/deliveries", state=state, event="callback"), 200)["deliveries"]
    return [row for row in listed if row["session_uuid"] == session]


def test_a_callback_is_shown_with_the_fields_of_its_form(hall: ConferenceHouse) -> None:
    """ "go through the durable outbox", whose dead letters are "listed and re-sendable by API and CLI": shown, too."""
    session = hall.joined(hall.name())
    wait_for(lambda: callbacks(hall, session, "delivered"), "the callback is delivered")
    row = callbacks(hall, session)[-1]
    for key in (row["id"], row["event_id"]):
        (shown,) = ok(hall.app.get(f"/webhooks/deliveries/{key}"), 200)["deliveries"]
        assert shown["body"]["ConferenceAction"] == "enter"
        assert shown["body"]["CallUUID"] == session


def test_a_callback_goes_to_a_url_beyond_ascii(hall: ConferenceHouse) -> None:
    """ "at least once", "the URL is taken exactly as written in the document": sent, and signed as it was sent."""
    session = hall.joined(hall.name(), callbackUrl=hall.documents.url("/grün"))
    hall.documents.wait_for("/grün", CallUUID=session, ConferenceAction="enter")
