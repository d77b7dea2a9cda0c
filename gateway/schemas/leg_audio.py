"""What a request for the sound of one call, or for speech in a room, may say: strict schemas."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from gateway.schemas.requests import MAX_URLS, CommandBody, ShortList, Text, http_url

MAX_TEXT_CHARS = 3000
MAX_DIGITS = 99  # of one command: the switch sends none of a longer one
MAX_LOOPS = 10_000
_DIGITS = re.compile(r"[0-9*#]{1,99}\Z")


def _urls(**options: Any) -> ShortList:
    return ShortList(Text(validate=http_url), validate=validate.Length(1, MAX_URLS), **options)


def loops() -> fields.Integer:
    fault = f"0 (until it is stopped) to {MAX_LOOPS}."
    return fields.Integer(load_default=1, strict=True, validate=validate.Range(0, MAX_LOOPS, error=fault))


def _ms(default: int, least: int, most: int) -> fields.Integer:
    fault = f"{least} to {most} ms."
    return fields.Integer(load_default=default, strict=True, validate=validate.Range(least, most, error=fault))


class Words(fields.String):
    """A text to be spoken: lines are welcome, it is spoken as one."""

    def __init__(self, **options: Any) -> None:
        fault = f"1 to {MAX_TEXT_CHARS} characters."
        super().__init__(validate=validate.Length(1, MAX_TEXT_CHARS, error=fault), **options)


class PlayToCall(CommandBody):
    urls = _urls(required=True, metadata={"description": "Played in order; a missing one is told and skipped."})
    loop = loops()


class _Speaking(CommandBody):
    voice = Text(load_default="", validate=validate.Length(max=64))
    language = Text(load_default="", validate=validate.Length(max=32))


class Speak(_Speaking):
    text = Words(required=True)


class SpeakToCall(Speak):
    loop = loops()


class Seek(CommandBody):
    offset_ms = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, 86_400_000, error="0 to 86400000 ms.")
    )


class SendDigits(CommandBody):
    digits = Text(required=True, validate=validate.Regexp(_DIGITS, error=f"1 to {MAX_DIGITS} of 0-9 * #."))


class Gather(_Speaking):
    """The prompt is urls, or a text, or none."""

    urls = _urls()
    text = Words()
    min_digits = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, MAX_DIGITS))
    max_digits = fields.Integer(load_default=MAX_DIGITS, strict=True, validate=validate.Range(1, MAX_DIGITS))
    timeout_ms = _ms(5000, 100, 120_000)
    digit_timeout_ms = _ms(2000, 100, 60_000)
    terminator = Text(
        load_default="#", validate=validate.OneOf(["", *"0123456789*#"], error="One of 0-9 * #, or empty for none.")
    )

    @validates_schema
    def agrees(self, data: dict[str, Any], **_: Any) -> None:
        if "urls" in data and "text" in data:
            raise ValidationError("Give urls or text, not both.", "text")
        if data["min_digits"] > data["max_digits"]:
            raise ValidationError("Must not be above max_digits.", "min_digits")


class HoldCall(CommandBody):
    url = Text(load_default="", validate=lambda value: http_url(value) if value else None)
