"""The Event Socket's text: bytes in, commands out; and the exact frames a switch answers with."""

from dataclasses import dataclass, field

AUTH_REQUEST = b"Content-Type: auth/request\n\n"
GOODBYE = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
SHUTTING_DOWN = "The system is being shut down.\n"
LOST_EVENTS = "killed listener because of lost events\n"
MAX_COMMAND_BYTES = 1024 * 1024
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "s": " "}


@dataclass(frozen=True)
class Command:
    """One command: its first line, its further header lines (names in lower case), its body."""

    line: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


class CommandReader:
    """Bytes as they come off the socket -> whole commands."""

    def __init__(self) -> None:
        self._buffer = b""
        self._pending: Command | None = None
        self._missing = 0

    def feed(self, data: bytes) -> list[Command]:
        self._buffer += data
        commands = []
        while (command := self._next()) is not None:
            commands.append(command)
        if len(self._buffer) > MAX_COMMAND_BYTES:
            raise ValueError("command too long")
        return commands

    def _next(self) -> Command | None:
        if self._pending is None:
            head = self._take_head()
            if head is None:
                return None
            self._pending = _parse(head)
            self._missing = int(self._pending.headers.get("content-length", "0") or 0)
        if len(self._buffer) < self._missing:
            return None
        body, self._buffer = self._buffer[: self._missing], self._buffer[self._missing :]
        command, self._pending = self._pending, None
        return Command(command.line, command.headers, _text(body)) if body else command

    def _take_head(self) -> bytes | None:
        self._buffer = self._buffer.lstrip(b"\r\n")
        for separator in (b"\n\n", b"\n\r\n"):
            if separator in self._buffer:
                break
        else:
            return None
        ends = [(at, len(s)) for s in (b"\n\n", b"\n\r\n") if (at := self._buffer.find(s)) >= 0]
        at, length = min(ends)
        head, self._buffer = self._buffer[:at], self._buffer[at + length :]
        return head


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _parse(head: bytes) -> Command:
    first, *rest = _text(head).replace("\r", "").split("\n")
    headers = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return Command(first, headers)


def reply(text: str, *headers: tuple[str, str]) -> bytes:
    more = "".join(f"{name}: {value}\n" for name, value in headers)
    return f"Content-Type: command/reply\nReply-Text: {text}\n{more}\n".encode("utf-8", "surrogateescape")


def api_response(body: str) -> bytes:
    return _with_body("api/response", body or "-ERR no reply\n")


def disconnect_notice(body: str) -> bytes:
    return _with_body("text/disconnect-notice", body)


def rude_rejection() -> bytes:
    return _with_body("text/rude-rejection", "Access Denied, go away.\n")


def _with_body(content_type: str, body: str) -> bytes:
    content = body.encode("utf-8", "surrogateescape")
    return f"Content-Type: {content_type}\nContent-Length: {len(content)}\n\n".encode() + content


def split_arguments(text: str, separator: str = " ") -> list[str]:
    """As switch_separate_string does: by the separator, quotes keep an argument together, `\\'` is a plain quote."""
    out: list[str] = []
    current: list[str] = []
    quoted = escaped = started = False
    for char in text:
        if escaped:
            current.append(_ESCAPES.get(char) or (char if char in ("'", '"', "\\", separator) else "\\" + char))
            escaped = False
        elif char == "\\":
            escaped = started = True
        elif char == "'":
            quoted, started = not quoted, True
        elif char == separator and not quoted:
            if started or separator != " ":
                out.append("".join(current))
            current, started = [], False
        else:
            current.append(char)
            started = True
    if started or (separator != " " and text):
        out.append("".join(current))
    return out
