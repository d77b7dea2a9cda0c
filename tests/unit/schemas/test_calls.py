"""Whom an app may call, by the form of what it says."""

import pytest
from marshmallow import ValidationError

from gateway.schemas.calls import Originate, Transfer, is_e164

ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
GOOD = {"to": "+14155559999", "from": "+14155551234"}


@pytest.mark.parametrize("number", ["+14155559999", "+493012345678", "+442071838750"])
def test_numbers_in_e164(number: str) -> None:
    assert is_e164(number)


@pytest.mark.parametrize(
    "number", ["14155559999", "+1415", "+999123456789", "+1 415 555 9999", "+0155512345", "+١٢٣٤٥٦٧", ""]
)
def test_what_is_not_e164(number: str) -> None:
    """issue 4: "`to` that is not E.164 (phonenumbers) or a registered user"."""
    assert not is_e164(number)


@pytest.mark.parametrize("to", ["user:1000", "user:anna.b-c_d", "+14155559999"])
def test_who_can_be_called(to: str) -> None:
    loaded = Originate().load({**GOOD, "to": to})
    assert (loaded["to"], loaded["ring_timeout_s"], loaded["time_limit_s"]) == (to, 60, 14_400)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to": "user:"}, "to"),
        ({"to": "user:a@b"}, "to"),
        ({"to": "user:a,b"}, "to"),
        ({"to": "anna"}, "to"),
        ({"to": "+14155559999\n"}, "to"),
        ({"from": "anna"}, "from"),
        ({"ring_timeout_s": 0}, "ring_timeout_s"),
        ({"ring_timeout_s": 601}, "ring_timeout_s"),
        ({"time_limit_s": True}, "time_limit_s"),
        ({"answer_url": "ftp://h/a"}, "answer_url"),
        ({"room_id": "x"}, "room_id"),
        ({"room_id": ROOM, "answer_url": "http://h/a"}, "room_id"),
        ({"machine_detection": "true"}, "machine_detection"),
        ({"caller_name": "x"}, "caller_name"),
    ],
)
def test_what_is_refused_by_name(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        Originate().load({**GOOD, **wrong})
    assert list(error.value.messages_dict) == [field]


def test_a_transfer_needs_no_caller_id() -> None:
    assert Transfer().load({"to": "+14155559999"})["caller_id"] == ""
