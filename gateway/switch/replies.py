"""Replies of the switch, pure: text comes in, a Reply comes out that knows whether it is a success."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any

import orjson

_FAILURES = ("-ERR", "-USAGE")
_NOTHING_PLAYING = ("no reply", "Nothing is playing", "File not playing")
_NO_ROOM = re.compile(r"\s*-ERR Conference \S+ not found\s*\Z")
_BETWEEN = re.compile(r"[\s,]*")
_DECODER = JSONDecoder()


@dataclass(frozen=True, slots=True)
class Reply:
    """`+OK …` and bare data (`19`, a JSON list) are successes; `-ERR …`, `-USAGE:` and nothing are not."""

    text: str
    job_uuid: str = ""

    @property
    def ok(self) -> bool:
        stripped = self.text.lstrip()
        return bool(stripped) and not stripped.startswith(_FAILURES)

    @property
    def ok_in_every_line(self) -> bool:
        """Recording commands answer one line per file; one -ERR among them is a failure."""
        return self.ok and not any(line.startswith(_FAILURES) for line in self.text.splitlines())

    @property
    def data(self) -> str:
        """The answer without `+OK `, `-ERR ` and the line's end."""
        text = self.text.strip()
        for prefix in ("+OK", "-ERR"):
            if text.startswith(prefix):
                return text[len(prefix) :].lstrip()
        return text

    @property
    def no_such_channel(self) -> bool:
        return not self.ok and ("No such channel" in self.text or "invalid session id" in self.text)

    @property
    def no_such_room(self) -> bool:
        """The switch has no such conference: nobody is in the room."""
        return not self.ok and _NO_ROOM.match(self.text) is not None

    @property
    def said_nothing(self) -> bool:
        """The switch had nothing to report: of `kick all`, that nobody was left in a conference that is ending."""
        return self.data == "no reply"

    @property
    def no_such_member(self) -> bool:
        return not self.ok and "Non-Existant" in self.text

    @property
    def nothing_playing(self) -> bool:
        """What pause_play, play_status, file_seek and file-vol say when no file is in the room."""
        return not self.ok and any(sign in self.text for sign in _NOTHING_PLAYING)

    @property
    def file_not_found(self) -> bool:
        return not self.ok and "(play) File:" in self.text

    @property
    def paused(self) -> bool | None:
        """Of pause_play, which toggles: True paused, False resumed, None neither."""
        return {"Pause": True, "Resume": False}.get(self.data) if self.ok else None

    @property
    def is_true(self) -> bool:
        """Of uuid_exists."""
        return self.text.strip() == "true"

    def items(self) -> Iterator[Any]:
        """The objects of the first list in the body, one by one: 20,000 members at once would take 100 MB.

        Raises ValueError where the body is not JSON; JSON without a list has none.
        """
        text = self.text
        if not text.lstrip().startswith(("[", "{")):
            raise ValueError("no JSON")
        at = text.find("[") + 1
        if not at:
            orjson.loads(text)
            return
        while not text.startswith("]", at := _BETWEEN.match(text, at).end()):  # type: ignore[union-attr]
            item, at = _DECODER.raw_decode(text, at)
            yield item

    def json(self) -> Any:
        """The body as JSON, None when it is none (`-ERR No such channel!`, `[]` is a list)."""
        try:
            return orjson.loads(self.text)
        except orjson.JSONDecodeError:
            return None


def job_reply(event: Mapping[str, Any]) -> Reply:
    """The result that a BACKGROUND_JOB event carries."""
    return Reply(str(event.get("_body", "")), str(event.get("Job-UUID", "")))
