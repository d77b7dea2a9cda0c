"""Callbacks of documents in the outbox: shown, sent to any URL, over with their app (contract, "Webhooks")."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow.conference_house import Led
from tests.flow.house import ok
from tests.waiting import wait_for

Json = dict[str, Any]


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    made = Led(Path(tmp_path_factory.mktemp("callbacks")))
    yield made
    made.house.sink.assert_ordered()
    assert not made.documents.problems, made.documents.problems
    made.stop()


def callbacks(led: Led, session: str, state: str = "all") -> list[Json]:
    """Rows of the outbox, newest first."""
    listed = ok(led.app.get("/webhooks/deliveries", state=state, event="callback"), 200)["deliveries"]
    return [row for row in listed if row["session_uuid"] == session]


def test_a_callback_is_shown_with_the_fields_of_its_form(led: Led) -> None:
    """ "go through the durable outbox", whose dead letters are "listed and re-sendable by API and CLI": shown, too."""
    session = led.joined(led.name())
    wait_for(lambda: callbacks(led, session, "delivered"), "the callback is delivered")
    row = callbacks(led, session)[-1]
    for key in (row["id"], row["event_id"]):
        (shown,) = ok(led.app.get(f"/webhooks/deliveries/{key}"), 200)["deliveries"]
        assert shown["body"]["ConferenceAction"] == "enter"
        assert shown["body"]["CallUUID"] == session


def test_a_callback_goes_to_a_url_beyond_ascii(led: Led) -> None:
    """ "at least once", "the URL is taken exactly as written in the document": sent, and signed as it was sent."""
    session = led.joined(led.name(), callbackUrl=led.documents.url("/grün"))
    led.documents.wait_for("/grün", CallUUID=session, ConferenceAction="enter")
