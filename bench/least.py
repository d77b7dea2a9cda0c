# ruff: noqa: E402
"""The least that a mute can be in one process on this stack: what bounds the gateway's own figure from above.

One Flask route on the gateway's server class, one commit, one `api` and its reply; of the event one commit to the disk,
one signed POST, one row settled. No checks, no lanes, no retries, nothing kept but by luck: nobody could run it.
"""

from gevent import monkey

monkey.patch_all()

import gc
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import gevent
import orjson
from flask import Flask, Response, request
from gevent import socket
from gevent.event import Event
from gevent.hub import Waiter
from gevent.lock import BoundedSemaphore
from gevent.threadpool import ThreadPool

from bench.serving import serve
from gateway.switch.frames import Frame, FrameKind, FrameParser
from gateway.webhooks.signature import Signer

POSTERS = 16
SETTLE_S = 0.02
GATHER_S = 0.001
_TABLES = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;
CREATE TABLE cooldowns(id TEXT PRIMARY KEY, until_at INTEGER);
CREATE TABLE seats(id TEXT PRIMARY KEY, muted INTEGER, asked TEXT, sequence INTEGER);
CREATE TABLE outbox(id INTEGER PRIMARY KEY, body BLOB, state TEXT);
CREATE INDEX pending ON outbox(state) WHERE state = 'pending';
"""


class Bell:
    """Pieces gather until the one greenlet that works them off takes all of them."""

    def __init__(self) -> None:
        self._pieces: list[Any] = []
        self._some = Event()

    def put(self, piece: Any) -> None:
        self._pieces.append(piece)
        self._some.set()

    def take(self) -> list[Any]:
        self._some.wait()
        self._some.clear()
        gevent.sleep(0)
        pieces, self._pieces = self._pieces, []
        return pieces


class Least:
    def __init__(self, database: str, seats: dict[str, list[str]], switch: tuple[int, str], sink_port: int) -> None:
        self._database = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        self._database.executescript(_TABLES)
        self._database.executemany("INSERT INTO seats VALUES(?, 1, '', 0)", [(session,) for session in seats])
        self._committer, self._turn = ThreadPool(1), BoundedSemaphore(1)
        self._seats, self._sink_port = seats, sink_port
        self._asked, self._told = Bell(), Bell()
        self._replies: deque[Any] = deque()
        self._sequences: dict[str, int] = {}
        self._ready: deque[tuple[int, bytes]] = deque()
        self._some = Event()
        self._settled: list[tuple[int]] = []
        self._signer = Signer.of(["whsec_c2VjcmV0"])
        self._commands = self._dial(*switch)
        gevent.spawn(self._read_events, self._dial(*switch))
        gevent.spawn(self._read_replies)
        for work in (self._write_asked, self._write_told, self._settle, *[self._post] * POSTERS):
            gevent.spawn(work)

    def _dial(self, port: int, password: str) -> Any:
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(f"auth {password}\n\n".encode())
        return sock

    def mute(self, session: str, word: str) -> Response:
        waiter, now_ms, (room, member) = Waiter(), int(time.time() * 1000), self._seats[session]
        self._asked.put((session, f"{word}@{now_ms}", now_ms + 2000, waiter))
        waiter.get()
        waiter = Waiter()
        self._replies.append(waiter)
        self._commands.sendall(f"api conference {room} {word} {member}\n\n".encode())
        if "OK" not in waiter.get():
            return Response(b"{}", 500)
        return Response(orjson.dumps({"status": f"{word}d", "room_id": room}), 202, content_type="application/json")

    def _commit(self, *statements: tuple[str, list[Any]], on_disk: bool = True) -> None:
        with self._turn:
            self._database.execute("BEGIN IMMEDIATE")
            for text, rows in statements:
                self._database.executemany(text, rows)
            if on_disk:
                self._committer.apply(self._database.execute, ("COMMIT",))
            else:
                self._database.execute("COMMIT")

    def _write_asked(self) -> None:
        while True:
            asked = self._asked.take()
            self._commit(
                ("INSERT OR REPLACE INTO cooldowns VALUES(?, ?)", [(one[0], one[2]) for one in asked]),
                ("UPDATE seats SET asked = ? WHERE id = ?", [(one[1], one[0]) for one in asked]),
                on_disk=False,
            )
            for *_, waiter in asked:
                gevent.get_hub().loop.run_callback(waiter.switch, None)

    def _frames(self, sock: Any) -> Iterator[Frame]:
        parser = FrameParser()
        while data := sock.recv(262_144):
            frames = [frame for frame in parser.feed(data) if isinstance(frame, Frame)]
            yield from frames
            if len(frames) > 1:
                gevent.sleep(GATHER_S)

    def _read_replies(self) -> None:
        for frame in self._frames(self._commands):
            if frame.kind is FrameKind.API_RESPONSE:
                gevent.get_hub().loop.run_callback(self._replies.popleft().switch, frame.body)

    def _read_events(self, sock: Any) -> None:
        sock.sendall(b"event json CUSTOM conference::maintenance\n\n")
        for frame in self._frames(sock):
            if frame.event and frame.event.get("Action") in ("mute-member", "unmute-member"):
                self._told.put(frame.event)

    def _write_told(self) -> None:
        ids = count(1)
        while True:
            rows, seats = [], []
            for event in self._told.take():
                session, word = f"{sys.argv[6]}-{event['Unique-ID']}", event["Action"].removesuffix("-member")
                number = self._sequences[session] = self._sequences.get(session, 0) + 1
                body = {"event": f"conference.member.{word}d", "session_id": session, "sequence": number}
                body |= {"room_id": event["Conference-Name"], "at": event["Event-Date-Timestamp"], "by": "api"}
                rows.append((next(ids), orjson.dumps(body)))
                seats.append((word == "mute", number, session))
            self._commit(
                ("UPDATE seats SET muted = ?, sequence = ?, asked = '' WHERE id = ?", seats),
                ("INSERT INTO outbox VALUES(?, ?, 'pending')", rows),
            )
            self._ready.extend(rows)
            self._some.set()

    def _post(self) -> None:
        sock = socket.create_connection(("127.0.0.1", self._sink_port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            while not self._ready:
                self._some.clear()
                self._some.wait()
            row_id, body = self._ready.popleft()
            signed = self._signer.headers(str(row_id), int(time.time()), body)
            head = f"POST /hook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{signed}\r\n"
            sock.sendall(head.encode() + body)
            if b" 200 " not in sock.recv(4096)[:16]:
                raise RuntimeError("the sink refused a webhook")
            self._settled.append((row_id,))

    def _settle(self) -> None:
        while True:
            gevent.sleep(SETTLE_S)
            settled, self._settled = self._settled, []
            if settled:
                self._commit(("UPDATE outbox SET state = 'delivered' WHERE id = ?", settled), on_disk=False)


def main() -> None:
    """Words: database, file of `session room member` lines, the switch's port and password, the sink's port, node."""
    database, seats, port, password, sink_port, _node = sys.argv[1:]
    rows = (line.split() for line in Path(seats).read_text().splitlines())
    least = Least(database, {session: found for session, *found in rows}, (int(port), password), int(sink_port))
    app, key = Flask("least"), "X-API-Key"

    @app.post("/api/v1/sessions/<session>/commands/conference/<word>")
    def command(session: str, word: str) -> Response:
        return least.mute(session, word) if request.headers.get(key) else Response(b"", 401)

    gc.freeze()
    gc.set_threshold(5_000)
    serve(app)


if __name__ == "__main__":
    main()
