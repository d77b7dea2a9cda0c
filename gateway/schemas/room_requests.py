"""What a request to a room or a member of it may say, beyond contracts/gateway-conferences.txt (docs/rooms.md)."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from gateway.domain.ids import SESSION_ID
from gateway.schemas.requests import IS_ROOM_ID, CommandBody, ShortList, Text, full_match, http_url

MOST_COACHED = 49  # of a room of 50


class MuteAll(CommandBody):
    spare_moderators = fields.Boolean(
        load_default=False, truthy={True}, falsy={False}, metadata={"description": "Members with role moderator stay."}
    )


class SetPin(CommandBody):
    """null clears it."""

    pin = Text(
        required=True,
        allow_none=True,
        validate=validate.Regexp(r"[0-9]{1,16}\Z", error="1 to 16 digits."),
    )


class KickMember(CommandBody):
    sound_url = Text(load_default="", validate=http_url, metadata={"description": "The last thing it hears there."})


class HoldMember(CommandBody):
    music_url = Text(load_default="", validate=http_url, metadata={"description": "Played to it over and over."})


class MemberVolumeBody(CommandBody):
    direction = Text(required=True, validate=validate.OneOf(["in", "out"]))
    level = fields.Integer(required=True, strict=True, validate=validate.Range(-4, 4, error="Range -4 to 4."))


class MemberRole(CommandBody):
    role = Text(required=True, validate=validate.OneOf(["member", "moderator"]))


class MoveMember(CommandBody):
    """To a room by id, or by name within the app: one of the two."""

    room_id = Text(validate=IS_ROOM_ID)
    name = Text(validate=validate.Length(1, 64))

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if ("room_id" in data) == ("name" in data):
            raise ValidationError("Give room_id or name: one of the two.", "room_id")


class _Sessions(ShortList):
    """Each once, however often it is named."""

    def __init__(self, **options: Any) -> None:
        item = Text(validate=full_match(SESSION_ID, "Must be a session's uuid."))
        super().__init__(item, MOST_COACHED, "sessions", validate=validate.Length(1, MOST_COACHED), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return list(dict.fromkeys(super()._deserialize(value, attr, data, **kwargs)))


class CoachMembers(CommandBody):
    coached = _Sessions(required=True, metadata={"description": "Sessions of those who alone hear the coach."})


class UncoachMembers(CommandBody):
    coached = _Sessions(metadata={"description": "Whom it coaches no more; all where it is absent."})
