"""The body of a delivery as JSON, whatever its form."""

from typing import Any

import pytest

from gateway.domain.deliveries import Delivery
from gateway.schemas.deliveries import delivery_shape
from gateway.store.unit_of_work import FORM_BODY, JSON_BODY


def _delivery(content_type: str, body: bytes) -> Delivery:
    words = ("evt_1", "callback", "app", "callback:x", "room", "session", "http://app.example/")
    return Delivery(1, *words, 1, 1, 0, "dead", 500, "500", 1, body, content_type)


@pytest.mark.parametrize(
    ("content_type", "body", "shown"),
    [
        (JSON_BODY, b'{"id": "evt_1"}', {"id": "evt_1"}),
        (
            FORM_BODY,
            b"Event=Conference&Empty=&Name=J%C3%BCrgen",
            {"Event": "Conference", "Empty": "", "Name": "Jürgen"},
        ),
        (FORM_BODY, b"Digits=1&To=a&Digits=2&Digits=3", {"Digits": ["1", "2", "3"], "To": "a"}),
    ],
)
def test_a_body_is_an_object_of_its_fields(content_type: str, body: bytes, shown: dict[str, Any]) -> None:
    assert delivery_shape(_delivery(content_type, body))["body"] == shown


def test_a_list_says_nothing_of_bodies() -> None:
    assert "body" not in delivery_shape(_delivery(FORM_BODY, b""))
