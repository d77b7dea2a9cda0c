"""What answers to room commands look like, for the API's description alone (docs/rooms.md)."""

from marshmallow import Schema, fields

from gateway.schemas.answers import RoomId


class RoomCommanded(RoomId):
    status = fields.String(required=True)


class OneMuted(Schema):
    uuid = fields.String(required=True)
    status = fields.String(
        required=True,
        metadata={
            "description": "muted, unmuted, already_muted, already_unmuted, spared, still_joining, failed or unknown"
        },
    )


class AllMuted(RoomCommanded):
    members = fields.List(fields.Nested(OneMuted), required=True)


class MemberActed(RoomCommanded):
    uuid = fields.String(required=True)


class RoleChanged(MemberActed):
    role = fields.String(required=True)


class Moving(MemberActed):
    to_room_id = fields.String(required=True)


class CoachingChanged(MemberActed):
    coached = fields.List(fields.String(), required=True)


class MemberDetails(Schema):
    uuid = fields.String(required=True)
    did = fields.String(required=True)
    caller_id = fields.String(required=True)
    muted = fields.Boolean(required=True)
    room_id = fields.String(required=True)
    member_id = fields.String(required=True)
    joined_at = fields.String(required=True, metadata={"description": "ISO 8601, UTC"})
    deaf = fields.Boolean(required=True)
    held = fields.Boolean(required=True)
    volume_in = fields.Integer(required=True)
    volume_out = fields.Integer(required=True)
    floor = fields.Boolean(required=True)
    role = fields.String(required=True, metadata={"description": "member or moderator"})
    coaches = fields.List(fields.String(), required=True, metadata={"description": "Who alone hear it."})
    coached_by = fields.List(fields.String(), required=True)
