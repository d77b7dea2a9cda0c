"""Billing records as JSON: what is asked, what is answered. A stay joins and leaves, a call starts and ends."""

from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, validate

from gateway.domain.billing import CALL, STAY, BillingRecord
from gateway.domain.clock import iso_ms
from gateway.schemas.requests import PageQuery, Text

COLUMNS = (
    "record_id", "kind", "session_uuid", "room_id", "room_name", "direction", "from", "to", "started_at",
    "answered_at", "ended_at", "joined_at", "left_at", "duration_ms", "billable_s", "reason", "cause", "closed_by",
)  # fmt: skip


class RecordsQuery(PageQuery):
    """Times are of the end, ISO 8601 with an offset: the first included, the last not."""

    kind = Text(load_default="", validate=validate.OneOf([CALL, STAY]))
    room_id = Text(load_default="", validate=validate.Length(max=128))
    session_uuid = Text(load_default="", validate=validate.Length(max=128))
    since = fields.AwareDateTime(format="iso", default_timezone=UTC, data_key="from")
    until = fields.AwareDateTime(format="iso", default_timezone=UTC, data_key="to")


def _text(said: str = "", **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": said} if said else {}, **options)


class RecordShown(Schema):
    record_id = _text()
    kind = _text("call or stay")
    session_uuid = _text()
    room_id = _text("Of a stay.", allow_none=True)
    room_name = _text("Of a stay.", allow_none=True)
    direction = _text("inbound or outbound")
    from_ = _text(data_key="from")
    to = _text()
    started_at = _text("Of a call, ISO 8601, UTC.", allow_none=True)
    answered_at = _text("Null where nobody answered.", allow_none=True)
    ended_at = _text("Of a call.", allow_none=True)
    joined_at = _text("Of a stay.", allow_none=True)
    left_at = _text("Of a stay.", allow_none=True)
    duration_ms = fields.Integer(required=True)
    billable_s = fields.Integer(
        required=True, metadata={"description": "From the answer, or the join, rounded up by GATEWAY_BILLING_*_S."}
    )
    reason = _text("As of member.left; of a call hangup, or orphan where its end was not seen.")
    cause = _text()
    closed_by = _text("event, cdr, or reconcile: then the end is when it was found to be over.")


class RecordsPage(Schema):
    records = fields.List(fields.Nested(RecordShown), required=True)
    cursor = _text("Give it back as ?cursor=; empty at the end.")


def record_shape(record: BillingRecord) -> dict[str, Any]:
    """In the order of COLUMNS."""
    is_call = record.kind == CALL
    started_at, ended_at = iso_ms(record.started_at), iso_ms(record.ended_at)
    return {
        "record_id": str(record.id),
        "kind": record.kind,
        "session_uuid": record.session_id,
        "room_id": record.room_id or None,
        "room_name": record.room_name or None,
        "direction": record.direction,
        "from": record.from_number,
        "to": record.to_number,
        "started_at": started_at if is_call else None,
        "answered_at": None if record.answered_at is None else iso_ms(record.answered_at),
        "ended_at": ended_at if is_call else None,
        "joined_at": None if is_call else started_at,
        "left_at": None if is_call else ended_at,
        "duration_ms": record.duration_ms,
        "billable_s": record.billable_s,
        "reason": record.reason,
        "cause": record.cause,
        "closed_by": record.closed_by,
    }
