"""The Event Socket's wire, pure: bytes come in as they arrive, whole frames (or BadFrames) come out; never raises."""

from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import orjson

Event = dict[str, Any]

# The switch writes exactly this before every JSON event, so most frames need no header parsing.
_FAST_START = b"Content-Length: "
_FAST_END = b"\nContent-Type: text/event-json"
_API_START = b"Content-Type: api/response\nContent-Length: "  # and exactly this before every reply to `api`
_JSON_EVENT, _PLAIN_EVENT = "text/event-json", "text/event-plain"


class FrameKind(Enum):
    """What a frame is. OTHER (log/data, xml) is read past and means nothing here."""

    AUTH_REQUEST = "auth/request"
    COMMAND_REPLY = "command/reply"
    API_RESPONSE = "api/response"
    EVENT = "event"
    DISCONNECT = "text/disconnect-notice"
    REJECTION = "text/rude-rejection"
    OTHER = "other"


class Frame(NamedTuple):
    """`event` is set for EVENT only; `body` for all others that have one (of a command/reply its Reply-Text)."""

    kind: FrameKind
    headers: dict[str, str]
    body: str
    event: Event | None = None


class BadFrame(NamedTuple):
    """Bytes that are no frame. After a `fatal` one nobody can tell where the next frame begins."""

    reason: str
    sample: bytes
    fatal: bool = False


# Shared by all JSON events and all replies to `api`, which have none worth keeping; never written to.
_NO_HEADERS: dict[str, str] = {}
_API_HEADERS = {"Content-Type": FrameKind.API_RESPONSE.value}
_KINDS = {kind.value: kind for kind in FrameKind if kind not in (FrameKind.EVENT, FrameKind.OTHER)}


class FrameParser:
    """Feed it what the socket gives, cut anywhere; it keeps what is not whole yet."""

    def __init__(self, max_frame_bytes: int = 64 * 1024 * 1024, max_header_bytes: int = 64 * 1024) -> None:
        self._buffer = bytearray()
        self._needed = 0  # no use in trying again before the buffer is this long
        self._max_frame_bytes = max_frame_bytes
        self._max_header_bytes = max_header_bytes
        self._broken = False

    @property
    def pending_bytes(self) -> int:
        """What is there of a frame that is not whole; at the end of the stream: what was cut off."""
        return len(self._buffer)

    def feed(self, data: bytes | memoryview) -> list[Frame | BadFrame]:
        """The frames that `data` completes. After a fatal BadFrame everything is ignored."""
        frames: list[Frame | BadFrame] = []
        if self._broken:
            return frames
        buffer = self._buffer
        buffer += data
        if len(buffer) < self._needed:
            return frames
        position = 0
        while (end := self._next(position, frames)) > position:
            position = end
        del buffer[:position]
        self._needed -= position
        return frames

    def _next(self, start: int, frames: list[Frame | BadFrame]) -> int:
        """Take one frame (or the empty lines) at `start`; returns where it ends, `start` if it is not whole."""
        buffer = self._buffer
        if buffer.startswith(b"\n", start):
            return start + 1
        header_end = buffer.find(b"\n\n", start)
        if header_end < 0:
            self._needed = 0
            if len(buffer) - start > self._max_header_bytes:
                return self._break(frames, "header block without end", start)
            return start
        if buffer.startswith(_FAST_START, start) and buffer.endswith(_FAST_END, start, header_end):
            length = _length(bytes(buffer[start + len(_FAST_START) : header_end - len(_FAST_END)]))
            headers = None
        elif buffer.startswith(_API_START, start):
            length = _length(bytes(buffer[start + len(_API_START) : header_end]))
            headers = _API_HEADERS
        else:
            headers = _headers(bytes(buffer[start:header_end]))
            length = _length(headers.get("Content-Length", "0").encode())
        body_start = header_end + 2
        if length is None:
            # Most likely there is no body, so the next header block is tried: the connection may live.
            frames.append(BadFrame("Content-Length is no length", self._sample(start, header_end)))
            return body_start
        if length > self._max_frame_bytes:
            return self._break(frames, f"Content-Length above max_frame_bytes ({length})", start, header_end)
        body_end = body_start + length
        if body_end > len(buffer):
            self._needed = body_end
            return start
        # Read where it stands: a list of all members has 20 MB.
        with memoryview(buffer) as whole, whole[body_start:body_end] as body:
            frames.append(_json_frame(body) if headers is None else _frame(headers, body.tobytes()))
        return body_end

    def _break(self, frames: list[Frame | BadFrame], reason: str, start: int, end: int | None = None) -> int:
        self._broken = True
        frames.append(BadFrame(reason, self._sample(start, end), fatal=True))
        return start

    def _sample(self, start: int, end: int | None = None) -> bytes:
        """Of the header block only, where its end is known: what follows it may not have come yet."""
        return bytes(self._buffer[start : min(start + 200, end or start + 200)])


def _length(digits: bytes) -> int | None:
    # int() alone would take signs, spaces and underscores, and 5,000 digits cost it an exception.
    return int(digits) if digits.isdigit() and len(digits) < 16 else None


def _headers(block: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\n"):
        key, colon, value = line.partition(":")
        if colon:
            headers[key.strip()] = value.strip()
    return headers


def _frame(headers: dict[str, str], body: bytes) -> Frame | BadFrame:
    content_type = headers.get("Content-Type", "")
    if content_type == _JSON_EVENT:
        return _json_frame(body)
    if content_type == _PLAIN_EVENT:
        return Frame(FrameKind.EVENT, headers, "", plain_event(body))
    kind = _KINDS.get(content_type)
    if kind is None:
        if not content_type:
            return BadFrame("no Content-Type", repr(headers).encode()[:200])
        return Frame(FrameKind.OTHER, headers, "")
    text = headers.get("Reply-Text", "") if kind is FrameKind.COMMAND_REPLY else body.decode("utf-8", "replace")
    return Frame(kind, headers, text)


def _json_frame(body: bytes | memoryview) -> Frame | BadFrame:
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        # A caller's display name may hold bytes that are not UTF-8; the rest of the event still counts.
        try:
            event = orjson.loads(bytes(body).decode("utf-8", "replace"))
        except orjson.JSONDecodeError as error:
            return BadFrame(f"bad JSON event: {error}", bytes(body[:200]))
    if type(event) is not dict:
        return BadFrame("JSON event is no object", bytes(body[:200]))
    return Frame(FrameKind.EVENT, _NO_HEADERS, "", event)


def plain_event(data: bytes) -> Event:
    """An `event plain` in the shape that `event json` has: the body, if any, is `_body`.

    Lines are cut BEFORE values are unquoted: a value may hold an encoded line break (a caller's display name).
    """
    head, _, rest = data.partition(b"\n\n")
    event: Event = {}
    for line in head.split(b"\n"):
        key, colon, value = line.partition(b": ")
        if colon:
            event[key.decode("utf-8", "replace")] = unquote_to_bytes(value).decode("utf-8", "replace")
    length = _length(str(event.get("Content-Length", "")).encode())
    if length is not None:
        event["_body"] = rest[:length].decode("utf-8", "replace")
    return event
