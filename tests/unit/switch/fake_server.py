"""A tiny scripted ESL server on loopback: it logs in, then does with each command what the test's script says."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any

from gevent import socket
from gevent.server import StreamServer

Script = Callable[["Peer", str], None]


class Peer:
    """One client of the fake; everything it sent is in `commands`."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self.commands: list[str] = []

    def write(self, data: str | bytes) -> None:
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def reply(self, text: str) -> None:
        self.write(f"Content-Type: command/reply\nReply-Text: {text}\n\n")

    def api(self, body: str | bytes) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.write(b"Content-Type: api/response\nContent-Length: %d\n\n" % len(data) + data)

    def event(self, **headers: str) -> None:
        self.frame("text/event-json", json.dumps({k.replace("_", "-"): v for k, v in headers.items()}))

    def job(self, job_uuid: str, body: str) -> None:
        event = {"Event-Name": "BACKGROUND_JOB", "Job-UUID": job_uuid, "_body": body}
        self.frame("text/event-json", json.dumps(event))

    def frame(self, content_type: str, body: str | bytes) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.write(f"Content-Length: {len(data)}\nContent-Type: {content_type}\n\n".encode() + data)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class FakeSwitch:
    """`script(peer, command)` answers what is neither auth nor event; `greeting` None says nothing at all."""

    def __init__(
        self,
        script: Script = lambda peer, command: peer.api("+OK"),
        greeting: str | None = "Content-Type: auth/request\n\n",
        refuse_events: bool = False,
    ) -> None:
        self.script = script
        self.greeting = greeting
        self.refuse_events = refuse_events
        self.peers: list[Peer] = []
        self.deaf = False  # takes bytes and does nothing: a half-dead machine
        self._server = StreamServer(("127.0.0.1", 0), self._serve)

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def subscriber(self) -> Peer:
        """The last event connection (it subscribes to CUSTOM)."""
        return next(p for p in reversed(self.peers) if any("CUSTOM" in c for c in p.commands))

    @property
    def commander(self) -> Peer:
        """The last command connection."""
        return next(p for p in reversed(self.peers) if "event json BACKGROUND_JOB" in p.commands)

    def commands(self) -> list[str]:
        return [command for peer in self.peers for command in peer.commands]

    def __enter__(self) -> FakeSwitch:
        self._server.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._server.stop(timeout=1)
        for peer in self.peers:
            peer.hang_up()

    def _serve(self, sock: Any, address: object) -> None:
        peer = Peer(sock)
        self.peers.append(peer)
        buffer = b""
        try:
            if self.greeting is not None:
                peer.write(self.greeting)
            while data := sock.recv(65_536):
                buffer += data
                while b"\n\n" in buffer:
                    command, _, buffer = buffer.partition(b"\n\n")
                    self._command(peer, command.decode())
        except OSError:
            pass
        finally:
            peer.hang_up()

    def _command(self, peer: Peer, command: str) -> None:
        peer.commands.append(command)
        if self.deaf:
            return
        if command.startswith("auth "):
            peer.reply("+OK accepted" if command == "auth ClueCon" else "-ERR invalid")
        elif command.startswith("event "):
            peer.reply("-ERR no" if self.refuse_events else "+OK event listener enabled json")
        elif command == "api strepoch":
            peer.api("1795221651")
        else:
            self.script(peer, command)


def job_uuid_of(command: str) -> str:
    return command.rpartition("\nJob-UUID: ")[2]


def take_job(peer: Peer, command: str) -> None:
    peer.reply(f"+OK Job-UUID: {job_uuid_of(command)}")


def do_job(peer: Peer, command: str) -> None:
    take_job(peer, command)
    peer.job(job_uuid_of(command), "+OK done\n")
