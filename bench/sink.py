"""A fast HTTP sink in a process of its own: answers every POST with 200, keeps it, and checks what it kept when asked.

Asked for `count`, `told` (of one event), `clear`, or `check` with a secret: signatures, order per session and room,
each id once.
"""

import asyncio
import re
import sys
import time
from typing import Any

import orjson

from bench.process import answer
from tests.signatures import verify

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
Kept = tuple[float, bytes, bytes]


class Sink(asyncio.Protocol):
    """Only what the bench sends is understood: a head with Content-Length, then a body."""

    def __init__(self, kept: list[Kept]) -> None:
        self._kept = kept
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._buffer, 0, end)
            body_end = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < body_end:
                return
            self._kept.append((time.time(), self._buffer[:end], self._buffer[end + 4 : body_end]))
            self._buffer = self._buffer[body_end:]
            assert self._transport is not None
            self._transport.write(ANSWER)


def checked(kept: list[Kept], secret: str, event: str) -> dict[str, Any]:
    """`event` selects by name; order and signatures are checked of all."""
    last: dict[tuple[str, str], int] = {}
    ids: set[str] = set()
    faults: list[str] = []
    chosen = 0
    for at, head, raw in kept:
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        body = orjson.loads(raw)
        if not verify(secret, headers, raw, int(at)):
            faults.append(f"{body['id']}: wrong signature")
        if body["id"] in ids:
            faults.append(f"{body['id']}: came twice")
        ids.add(body["id"])
        chosen += event in body["event"]
        for lane, number in (("session_uuid", "sequence"), ("room_id", "room_sequence")):
            if lane in body and number in body:
                key = (lane, body[lane])
                if key in last and body[number] != last[key] + 1:
                    faults.append(f"{body['id']}: {number} {body[number]} after {last[key]}")
                last[key] = body[number]
    return {"count": len(kept), "chosen": chosen, "faults": len(faults), "some_faults": faults[:5]}


class Told:
    """Counts events by the beginning of their names; each request is looked at once for each."""

    def __init__(self, kept: list[Kept]) -> None:
        self._kept = kept
        self._seen: dict[str, tuple[int, int, float]] = {}

    def clear(self) -> None:
        self._kept.clear()
        self._seen.clear()

    def count(self, event: str) -> dict[str, Any]:
        wanted = f'"event":"{event}'.encode()
        looked_at, count, last_at = self._seen.get(event, (0, 0, 0.0))
        for at, _, body in self._kept[looked_at:]:
            if wanted in body:
                count, last_at = count + 1, at
        self._seen[event] = (len(self._kept), count, last_at)
        return {"count": count, "last_at": last_at}


def _answer_for(question: dict[str, Any], kept: list[Kept], told: Told) -> dict[str, Any]:
    if question["what"] == "told":
        return told.count(question["event"])
    if question["what"] == "check":
        return checked(kept, question["secret"], question["event"])
    if question["what"] == "clear":
        told.clear()
    return {"count": len(kept)}


async def main() -> None:
    loop = asyncio.get_running_loop()
    kept: list[Kept] = []
    told = Told(kept)
    server = await loop.create_server(lambda: Sink(kept), "127.0.0.1", 0, backlog=1024)
    answer({"port": server.sockets[0].getsockname()[1]})
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer(_answer_for(orjson.loads(line), kept, told))


if __name__ == "__main__":
    asyncio.run(main())
