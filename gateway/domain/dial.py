"""A dial: why a call of ours is made and what becomes of it once it is answered. Frozen, one row a leg."""

import re
from dataclasses import dataclass

USER = "user:"  # before the name of a phone that registers at the switch; all else is a number
PHONE_NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")
MAX_RING_S = 3600
CALL, ROOM, TRANSFER, CONSULT, DOCUMENT = "call", "room", "transfer", "consult", "document"
RINGING, RANG, TALKING, CONNECTING, CONNECTED = "dialling", "rang", "answered", "connecting", "connected"


@dataclass(frozen=True)
class Dial:
    """`session_id` is the leg that we dial.

    `purpose`: a call of its own, into the room `room_id`, or for the call `for_session` (a transfer, a consultation
    before one, or <Dial> in its document). `stage` grows: rings (of a document's), answered, to be connected with
    `for_session`, connected. `answer_url` leads the leg once it is answered. `operation_id` is ended by
    command.result, '' where none was begun.
    """

    session_id: str
    app_id: str
    purpose: str
    stage: str
    created_at: int
    room_id: str = ""
    muted: bool = False
    answer_url: str = ""
    answer_method: str = "POST"
    for_session: str = ""
    operation_id: str = ""
    command_uid: str = ""
