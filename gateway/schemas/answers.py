"""What answers look like, for the API's description alone: they are made in shapes.py and by the services.

tests/flow/test_openapi.py holds the gateway's real answers against these.
"""

from marshmallow import Schema, fields


def _text(said: str = "", **options: object) -> fields.String:
    return fields.String(required=True, metadata={"description": said} if said else {}, **options)  # type: ignore[arg-type]


def _whole(said: str = "") -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": said} if said else {})


CURSOR = "Give it back as ?cursor=; empty at the end."


class Commanded(Schema):
    command_uid = fields.String(metadata={"description": "Only where the request gave one."})


class RoomId(Commanded):
    room_id = _text()


class MemberCommanded(RoomId):
    status = _text("joining, already_joined, leaving, muted or unmuted")


class PlaybackCommanded(Commanded):
    operation_id = fields.String(metadata={"description": "Of the playback it acts on; empty where nothing plays."})
    status = _text("in_progress, paused, resumed, stopped, already_stopped or volume_changed")


class Operating(Schema):
    """It ends with a command.result webhook."""

    operation_id = _text()
    command_uid = _text("Made up where the request gave none.")
    status = _text("in_progress")
    timeout_ms = _whole()


class CallMade(Commanded):
    session_uuid = _text()
    status = _text("queued")
    direction = _text("outbound")
    from_ = _text(data_key="from")
    to = _text()


class Dialling(Operating):
    session_uuid = _text("The new leg.")


class RecordingOperating(Operating):
    recording_id = _text()


class RecordingBrief(Schema):
    recording_id = _text()
    status = _text()
    format = _text("wav or mp3")
    duration_ms = fields.Integer(required=True, allow_none=True)
    url = _text("Null until it is whole.", allow_none=True)


class RecordingShown(Schema):
    recording_id = _text()
    room_id = _text(allow_none=True)
    session_uuid = _text(allow_none=True)
    status = _text()
    format = _text("wav or mp3")
    created_at = _text("ISO 8601, UTC")
    started_at = _text(allow_none=True)
    ended_at = _text(allow_none=True)
    duration_ms = fields.Integer(required=True, allow_none=True)
    bytes = fields.Integer(required=True, allow_none=True)
    reason = _text(allow_none=True)
    error = _text(allow_none=True)
    trim_silence = fields.Boolean(required=True)
    transcription = _text(allow_none=True)
    url = _text("Null until it is whole.", allow_none=True)


class RecordingsPage(Schema):
    recordings = fields.List(fields.Nested(RecordingShown), required=True)
    cursor = _text(CURSOR)


class RoomInList(Schema):
    room_id = _text()
    name = _text()
    members = _whole()
    created_at = _text("ISO 8601, UTC")


class RoomsPage(Schema):
    conferences = fields.List(fields.Nested(RoomInList), required=True)
    cursor = _text(CURSOR)


class RoomStatus(Schema):
    room_id = _text()
    name = _text()
    created_at = _text("Seconds since the epoch, as text")
    members = _whole()
    playback_status = _text("playing, paused or stopped")
    playback_volume = _whole("-50 to 7")
    playback_urls = fields.List(fields.String(), required=True)
    playback_operation_id = _text("Empty where nothing plays.")


class MemberInList(Schema):
    uuid = _text()
    did = _text()
    caller_id = _text()
    muted = fields.Boolean(required=True)


class MembersPage(Schema):
    room_id = _text()
    members = fields.List(fields.Nested(MemberInList), required=True)
    cursor = _text(CURSOR)


class Call(Schema):
    uuid = _text()
    status = _text("queued, ringing, in-progress, completed; of a call that we made busy, no-answer, canceled, failed")
    direction = _text("inbound or outbound")
    from_ = _text(data_key="from")
    to = _text()
    room_id = _text("Null outside rooms.", allow_none=True)
    created_at = _text("ISO 8601, UTC")
    answered_at = _text(allow_none=True)
    ended_at = _text(allow_none=True)
    hangup_cause = _text(allow_none=True)
    recordings = fields.List(fields.Nested(RecordingBrief), metadata={"description": "Of a call that has any."})


class CallsPage(Schema):
    sessions = fields.List(fields.Nested(Call), required=True)
    cursor = _text(CURSOR)


class EndpointShown(Schema):
    endpoint_id = _text()
    app_id = _text()
    url = _text()
    created_at = _text("ISO 8601, UTC")
    patterns = fields.List(fields.String(), required=True, allow_none=True)
    old_secret_expires_at = _text(allow_none=True)
    disabled_at = _text(allow_none=True)
    disabled_reason = _text()


class EndpointsShown(Schema):
    endpoints = fields.List(fields.Nested(EndpointShown), required=True)


class DeliveryShown(Schema):
    id = _whole()
    event_id = _text()
    event = _text()
    app_id = _text()
    endpoint_id = _text()
    room_id = _text(allow_none=True)
    session_uuid = _text(allow_none=True)
    state = _text("pending, delivered or dead")
    attempts = _whole()
    last_status = fields.Integer(required=True, allow_none=True)
    last_error = _text(allow_none=True)
    created_at = _text("ISO 8601, UTC")
    due_at = _text(allow_none=True)
    ended_at = _text(allow_none=True)
    body = fields.Dict(metadata={"description": "Its fields, where one delivery was asked for."})


class DeliveriesShown(Schema):
    deliveries = fields.List(fields.Nested(DeliveryShown), required=True)


class DeliveriesPage(DeliveriesShown):
    cursor = _text(CURSOR)


class Resent(Schema):
    resent = _whole("How many deliveries will be sent again.")


class Problem(Schema):
    """Every error, on every front."""

    success = fields.Boolean(required=True, metadata={"description": "false"})
    error = _text("A sentence for a person.")
    error_id = _text("Stable, kebab-case.")
    detail = fields.Dict(required=True)
