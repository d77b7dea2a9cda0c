"""Ids: how each is made and what makes one well-formed. `{node}-room-{uuid}`, `{node}-{channel uuid}`."""

import base64
import os
import re
import secrets
import time
import uuid

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ROOM_ID = re.compile(rf"[A-Za-z0-9]{{5}}-room-{_UUID}")
SESSION_ID = re.compile(rf"[A-Za-z0-9]{{5}}-{_UUID}")
CHANNEL_UUID = re.compile(_UUID)
ROOM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
DOCUMENT_ROOM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
VOICE_MEMBER_ID = re.compile(r"m[1-9][0-9]{0,9}")
COMMAND_UID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def new_uuid() -> str:
    return str(uuid.uuid4())


def new_room_id(node_id: str) -> str:
    return f"{node_id}-room-{uuid.uuid4()}"


def session_id(node_id: str, channel_uuid: str) -> str:
    return f"{node_id}-{channel_uuid}"


def channel_of(session: str) -> str:
    """The switch's own name of a session, without the node."""
    return session.partition("-")[2]


def new_event_id() -> str:
    """In the order of time (as UUIDv7, RFC 9562): an index of them grows at its end, and 80 bits nobody can guess."""
    return f"evt_{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def new_app_id() -> str:
    return "app_" + secrets.token_hex(8)


def new_api_key() -> str:
    return "gwk_" + secrets.token_urlsafe(32)


def new_endpoint_id() -> str:
    return "ep_" + secrets.token_hex(8)


def primary_endpoint_id(app_id: str) -> str:
    """The endpoint that is made with the app: its secret is the app's webhook_secret."""
    return "ep_" + app_id.removeprefix("app_")


def new_webhook_secret() -> str:
    """24 random bytes in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(os.urandom(24)).decode()


def normalised_number(number: str) -> str:
    """The digits of a dialled number, without the leading +: how numbers are matched."""
    return number.removeprefix("+")
