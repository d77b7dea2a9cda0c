"""Events: made of runs of headers, each rendered once per format, numbered, and handed to whoever subscribed."""

import re
import time
import urllib.parse
from collections.abc import Iterable
from typing import Protocol

import orjson

from gateway.simulator.event_sites import ACTION_SITES, EVENT_SITES, UNKNOWN, Site

Pair = tuple[str, str]
PLAIN, JSON = "plain", "json"
CONFERENCE = "conference::maintenance"

# what SWITCH_URL_UNSAFE leaves alone, beside letters, digits and -_.~
_SAFE = "!$'()*,/"
_NEEDS_QUOTING = re.compile(r"[^A-Za-z0-9!$'()*,/._~-]")


def quoted(value: str) -> str:
    if _NEEDS_QUOTING.search(value) is None:
        return value
    return urllib.parse.quote(value, safe=_SAFE, errors="surrogateescape")


def json_bytes(pairs: Iterable[Pair]) -> bytes:
    """Pairs as the inside of a JSON object; a header that is an array is one there, too."""
    try:
        return orjson.dumps({k: v[7:].split("|:") if v[:7] == "ARRAY::" else v for k, v in pairs})[1:-1]
    except TypeError:
        clean = {k: v.encode("utf-8", "replace").decode() for k, v in pairs}
        return orjson.dumps(clean)[1:-1]


class Part:
    """A run of headers that several events share, e.g. those of one channel; rendered at most once per format."""

    __slots__ = ("_json", "_plain", "pairs")

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self.pairs = tuple(pairs)
        self._plain: bytes | None = None
        self._json: bytes | None = None

    def render(self, form: str) -> bytes:
        if form == JSON:
            if self._json is None:
                self._json = json_bytes(self.pairs)
            return self._json
        if self._plain is None:
            self._plain = "".join(f"{name}: {quoted(value)}\n" for name, value in self.pairs).encode()
        return self._plain


class Event:
    """One event; frame() is the exact text on the wire."""

    __slots__ = ("_frames", "body", "name", "parts")

    def __init__(self, name: str, parts: list[Part], body: str | None) -> None:
        self.name, self.parts, self.body = name, parts, body
        self._frames: dict[str, bytes] = {}

    def get(self, header: str) -> str | None:
        wanted = header.lower()
        return next((v for part in self.parts for k, v in part.pairs if k.lower() == wanted), None)

    def frame(self, form: str) -> bytes:
        frame = self._frames.get(form)
        if frame is None:
            content = self._json() if form == JSON else self._plain()
            head = f"Content-Length: {len(content)}\nContent-Type: text/event-{form}\n\n"
            frame = self._frames[form] = head.encode() + content
        return frame

    def _json(self) -> bytes:
        inside = b",".join(rendered for part in self.parts if (rendered := part.render(JSON)))
        if self.body is not None:
            length = len(self.body.encode())
            inside += b"," + json_bytes([("Content-Length", str(length)), ("_body", self.body)])
        return b"{" + inside + b"}"

    def _plain(self) -> bytes:
        head = b"".join(part.render(PLAIN) for part in self.parts)
        if self.body is None:
            return head + b"\n"
        body = self.body.encode()
        return head + f"Content-Length: {len(body)}\n\n".encode() + body


class Sink(Protocol):
    """Whoever listens to events."""

    def wants(self, name: str, subclass: str) -> bool: ...

    def deliver(self, event: Event) -> None: ...


class Identity:
    """The headers that every event of one switch begins with."""

    def __init__(self, core_uuid: str, hostname: str, switchname: str, ip_address: str) -> None:
        self._fixed = (
            ("Core-UUID", core_uuid),
            ("FreeSWITCH-Hostname", hostname),
            ("FreeSWITCH-Switchname", switchname),
            ("FreeSWITCH-IPv4", ip_address),
            ("FreeSWITCH-IPv6", "::1"),
        )
        self._second = -1
        self._dates: tuple[Pair, ...] = ()

    def head(self, name: str, subclass: str, site: Site, sequence: int) -> Part:
        now = time.time()
        if int(now) != self._second:
            self._second = int(now)
            local, gmt = time.localtime(now), time.gmtime(now)
            self._dates = (
                ("Event-Date-Local", time.strftime("%Y-%m-%d %H:%M:%S", local)),
                ("Event-Date-GMT", time.strftime("%a, %d %b %Y %H:%M:%S GMT", gmt)),
            )
        subclassed = (("Event-Subclass", subclass),) if subclass else ()
        return Part(
            (
                *subclassed,
                ("Event-Name", name),
                *self._fixed,
                *self._dates,
                ("Event-Date-Timestamp", str(int(now * 1_000_000))),
                ("Event-Calling-File", site[0]),
                ("Event-Calling-Function", site[1]),
                ("Event-Calling-Line-Number", site[2]),
                ("Event-Sequence", str(sequence)),
            )
        )


class EventBus:
    """Numbers each event and hands it to the sinks that want it."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.sequence = 0
        self.sinks: list[Sink] = []

    def wanted(self, name: str, subclass: str = "") -> bool:
        return any(sink.wants(name, subclass) for sink in self.sinks)

    def skip(self) -> None:
        """Nobody wants this one: it is counted all the same."""
        self.sequence += 1

    def fire(self, name: str, parts: list[Part], subclass: str = "", action: str = "", body: str | None = None) -> None:
        self.sequence += 1
        takers = [sink for sink in self.sinks if sink.wants(name, subclass)]
        if not takers:
            return
        site = ACTION_SITES.get(action, UNKNOWN) if action else EVENT_SITES.get(name, UNKNOWN)
        event = Event(name, [self.identity.head(name, subclass, site, self.sequence), *parts], body)
        for sink in takers:
            sink.deliver(event)

    def tell(self, name: str, *pairs: Pair, body: str | None = None) -> None:
        """An event with nothing but these headers."""
        self.fire(name, [Part(pairs)], body=body)
