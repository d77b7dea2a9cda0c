"""What a request to call somebody may say: originate, dial into a room, transfer."""

import re
from typing import Any

import phonenumbers
from marshmallow import ValidationError, fields, validate, validates_schema

from gateway.domain.dial import PHONE_NAME, USER
from gateway.schemas.requests import IS_ROOM_ID, CommandBody, Text, http_url

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
E164_MESSAGE = "Must be a number in E.164 format: + and 7 to 15 digits."


def is_e164(text: str) -> bool:
    """A number that can be: its country exists, and has numbers of that length."""
    if not _E164.fullmatch(text):
        return False
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(text)))
    except phonenumbers.NumberParseException:
        return False


def destination(text: str) -> None:
    if text.startswith(USER):
        if not PHONE_NAME.fullmatch(text.removeprefix(USER)):
            raise ValidationError("After user: 1 to 60 of A-Z a-z 0-9 . _ -")
    elif not is_e164(text):
        raise ValidationError(f"{E164_MESSAGE} Or user:NAME for a registered phone.")


def own_number(text: str) -> None:
    if not re.fullmatch(r"\+?[0-9]{1,15}", text):
        raise ValidationError("Must be a number of the application.")


def no_machine_detection(value: Any) -> None:
    if value:
        raise ValidationError("Answering machine detection is not supported by this gateway.")


def seconds(default: int, most: int, name: str | None = None) -> fields.Integer:
    """`name` is that in JSON, where it is another."""
    return fields.Integer(load_default=default, strict=True, validate=validate.Range(1, most), data_key=name)


class _Dialling(CommandBody):
    to = Text(required=True, validate=destination, metadata={"description": "E.164, or user:NAME."})
    ring_timeout_s = seconds(60, 600)
    time_limit_s = seconds(14_400, 86_400)


class DialRoom(_Dialling):
    """A number is called into a room."""

    from_number = Text(required=True, data_key="from", validate=own_number)
    muted = fields.Boolean(load_default=False)


class Originate(DialRoom):
    """`answer_url` leads the call once it is answered, `room_id` takes it into a room; without, it stays parked."""

    answer_url = Text(load_default="", validate=http_url)
    room_id = Text(load_default="", validate=IS_ROOM_ID)
    machine_detection = fields.Raw(validate=no_machine_detection, metadata={"description": "Not supported."})

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("answer_url") and data.get("room_id"):
            raise ValidationError("Give answer_url or room_id, not both.", "room_id")


class Transfer(_Dialling):
    """`caller_id` is a number of the application; absent, the one that the call itself has."""

    caller_id = Text(load_default="", validate=own_number)
    answer_url = Text(load_default="", validate=http_url)
