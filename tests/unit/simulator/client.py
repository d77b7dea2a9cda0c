"""A plain Event Socket client for these tests: commands out, replies and events in, kept in the order they came."""

import contextlib
from typing import Any

import gevent
import orjson
from gevent import socket
from gevent.event import AsyncResult
from gevent.queue import Queue

from tests.waiting import wait_for

LIMIT_S = 5.0


class Client:
    def __init__(self, port: int, password: str = "ClueCon", events: str = "") -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self.sock.settimeout(None)
        self.events: list[dict[str, Any]] = []
        self.log: list[str] = []  # "reply …" and "event …" as they came
        self.notice = ""
        self.garbage: list[str] = []  # frames that are none
        self.closed: AsyncResult[bool] = AsyncResult()
        self._replies: Queue[tuple[dict[str, str], str]] = Queue()
        self._greenlet = gevent.spawn(self._read)
        self.greeting = self.next()[0]
        if password:
            self.welcome = self.send(f"auth {password}")
        if events:
            self.send(f"event json {events}")

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError), self.sock.makefile("rb") as file:
            while (head := self._head(file)) is not None:
                body = file.read(int(head.get("Content-Length", "0"))).decode("utf-8", "surrogateescape")
                self._take(head, body)
        self.closed.set(True)

    @staticmethod
    def _head(file: Any) -> dict[str, str] | None:
        head: dict[str, str] = {}
        while line := file.readline().decode("utf-8", "surrogateescape"):
            if line == "\n" and head:
                return head
            name, _, value = line.rstrip("\n").partition(": ")
            head |= {name: value} if name else {}
        return None

    def _take(self, head: dict[str, str], body: str) -> None:
        kind = head.get("Content-Type", "")
        if kind == "text/event-json":
            self._take_event(body)
        elif kind in ("text/disconnect-notice", "text/rude-rejection"):
            self.notice = body
            self._replies.put((head, body))
        elif kind not in ("auth/request", "command/reply", "api/response"):
            self.garbage.append(kind)
        else:
            self.log.append(f"reply {body.strip() or head.get('Reply-Text', '')}")
            self._replies.put((head, body))

    def _take_event(self, body: str) -> None:
        try:
            event = orjson.loads(body)
        except ValueError:
            self.garbage.append(body)
            return
        self.events.append(event)
        self.log.append(f"event {event.get('Action') or event['Event-Name']}")

    def next(self) -> tuple[dict[str, str], str]:
        head, body = self._replies.get(timeout=LIMIT_S)
        return head, body

    def send(self, command: str) -> str:
        """Reply-Text, or the body of an api response."""
        self.sock.sendall(f"{command}\n\n".encode())
        head, body = self.next()
        return body or head.get("Reply-Text", "")

    def api(self, command: str) -> str:
        return self.send(f"api {command}")

    def named(self, name: str, **headers: str) -> list[dict[str, Any]]:
        """Events by Event-Name or by Action, and by headers (Unique_ID for Unique-ID)."""
        wanted = {k.replace("_", "-"): v for k, v in headers.items()}
        return [
            event
            for event in list(self.events)
            if name in (event["Event-Name"], event.get("Action")) and all(event.get(k) == v for k, v in wanted.items())
        ]

    def wait(self, name: str, count: int = 1, **headers: str) -> dict[str, Any]:
        why = f"{count} of {name} {headers}; there were {self.log[-20:]}"
        wait_for(lambda: len(self.named(name, **headers)) >= count, why, LIMIT_S)
        return self.named(name, **headers)[-1]

    def actions(self) -> list[str]:
        """What conferences told, in order."""
        return [event["Action"] for event in self.events if event["Event-Name"] == "CUSTOM"]

    def call(self, name: str = "Caller", number: str = "+15550001", to: str = "747713001") -> str:
        """A caller arrives and is parked; its uuid."""
        uuid = self.api(f"simulator call {number} {to} {name}").split()[1]
        self.wait("CHANNEL_PARK", Unique_ID=uuid)
        return uuid

    def join(self, uuid: str, room: str, flags: str = "mute", profile: str = "gateway") -> str:
        """The caller sits in the room; its Member-ID."""
        steps = f"set:hangup_after_conference=false,conference:{room}@{profile}+flags{{{flags}}},park:"
        before = len(self.named("add-member", Unique_ID=uuid))
        assert self.api(f"uuid_transfer {uuid} '{steps}' inline") == "+OK\n"
        return str(self.wait("add-member", before + 1, Unique_ID=uuid)["Member-ID"])

    def close(self) -> None:
        self._greenlet.kill()
        self.sock.close()
