"""What a request may say: strict schemas, an unknown field is an error (contracts/gateway-conferences.txt)."""

import re
from datetime import UTC
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate, validates_schema

from gateway.domain.causes import HANGUP_CAUSES
from gateway.domain.ids import COMMAND_UID, ROOM_ID, ROOM_NAME
from gateway.domain.urls import url_fault

MAX_URLS = 128
MAX_TEXT_CHARS = 16_384  # more than any field takes, and little to look at
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Text(fields.String):
    """A string without control characters: none of ours needs one, and a switch or a log may choke on it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not isinstance(text, str):
            raise ValidationError("Not a valid string.")
        if len(text) > MAX_TEXT_CHARS:
            raise ValidationError(f"Must have at most {MAX_TEXT_CHARS} characters.")
        if _CONTROL.search(text):
            raise ValidationError("Must not contain control characters.")
        return text


class PageLimit(fields.Integer):
    """How many a page has at most. In digits: Python's int() takes 1_0, +5 and other scripts' digits, too."""

    def __init__(self, default: int) -> None:
        super().__init__(load_default=default, validate=validate.Range(min=1, error="Must be a positive integer."))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not re.fullmatch(r"-?[0-9]+", value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


def full_match(pattern: re.Pattern[str], message: str) -> validate.Validator:
    return validate.Regexp(re.compile(rf"(?:{pattern.pattern})\Z"), error=message)


IS_ROOM_ID = full_match(ROOM_ID, "Must be {{5-char-prefix}}-room-{{uuid}}.")


def http_url(value: str) -> None:
    if fault := url_fault(value):
        raise ValidationError(f"URL {fault}.")


class Body(Schema):
    class Meta:
        unknown = RAISE


class NoFields(Body):
    """A request that has nothing to say, and is no command: no command_uid comes back."""


class CommandBody(Body):
    """Every command takes an optional command_uid."""

    command_uid = Text(
        validate=full_match(COMMAND_UID, "Must be 1 to 128 of A-Z a-z 0-9 . _ -"),
        metadata={"description": "Comes back in the answer and the webhooks; an idempotency key for 24 hours."},
    )


class CreateConference(Body):
    name = Text(
        required=True,
        validate=full_match(
            ROOM_NAME, "Alphanumeric, hyphens, underscores only; starts alphanumeric; max 64 characters."
        ),
    )


class JoinConference(CommandBody):
    """By id, or by name within the app: one of the two."""

    room_id = Text(validate=IS_ROOM_ID)
    name = Text(validate=validate.Length(1, 64))

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if "room_id" not in data and "name" not in data:
            raise ValidationError("Missing data for required field.", "room_id")
        if "room_id" in data and "name" in data:
            raise ValidationError("Give room_id or name, not both.", "name")


class ShortList(fields.List[Any]):
    """Counted before its items are looked at: a body of 1 MiB holds 340,000 wrong ones."""

    def __init__(self, item: fields.Field[Any], most: int = MAX_URLS, what: str = "files", **options: Any) -> None:
        super().__init__(item, **options)
        self._most, self._what = most, what

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and not 1 <= len(value) <= self._most:
            raise ValidationError(f"From 1 to {self._most} {self._what}.")
        return super()._deserialize(value, attr, data, **kwargs)


class PlayConference(CommandBody):
    urls = ShortList(
        Text(validate=http_url),
        required=True,
        validate=validate.Length(1, MAX_URLS),  # for the API's description
        metadata={"description": "HTTP/HTTPS URLs of audio files to play into the room."},
    )


class SetVolume(CommandBody):
    volume = fields.Integer(required=True, strict=True, validate=validate.Range(-50, 7, error="Range -50 to 7."))


class StartRecording(CommandBody):
    """Of a room or a call."""

    format = Text(load_default="mp3", validate=validate.OneOf(["mp3", "wav"]))
    max_length_s = fields.Integer(
        load_default=14_400,
        strict=True,
        validate=validate.Range(1, 86_400, error="Range 1 to 86400."),
        metadata={"description": "The recording ends by itself then; pauses count."},
    )
    trim_silence = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Silence at the beginning and at the end is cut off; duration_ms is what is left."},
    )


class Hangup(CommandBody):
    cause = Text(load_default="NORMAL_CLEARING", validate=validate.OneOf(sorted(HANGUP_CAUSES)))


class _Query(Schema):
    """Unknown query parameters are left alone: proxies and trackers add some."""

    class Meta:
        unknown = EXCLUDE


class PageQuery(_Query):
    limit = PageLimit(50)
    cursor = Text(load_default="", validate=validate.Length(max=512))


class SessionsQuery(PageQuery):
    status = Text(validate=validate.OneOf(["queued", "ringing", "in-progress", "completed"]))


class RecordingsQuery(PageQuery):
    """Times are of the start, ISO 8601 with an offset: the first included, the last not."""

    room_id = Text(load_default="", validate=validate.Length(max=128))
    session_uuid = Text(load_default="", validate=validate.Length(max=128))
    since = fields.AwareDateTime(format="iso", default_timezone=UTC)
    until = fields.AwareDateTime(format="iso", default_timezone=UTC)


class DeliveriesQuery(PageQuery):
    """Dead letters, unless another state is asked for; `all` for every state."""

    state = Text(load_default="dead", validate=validate.OneOf(["pending", "delivered", "dead", "all"]))
    event = Text(load_default="", validate=validate.Length(max=128))
    endpoint_id = Text(load_default="", validate=validate.Length(max=64))


class ResendDead(Body):
    endpoint_id = Text(required=True, validate=validate.Length(1, 64))
