"""The switch under the bench: a real FreeSWITCH, or the simulator. Out: its port, its process, and a raw ESL client."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bench.process import Helper
from tests.live.switch import RealSwitch, find_freeswitch

LIMIT_S = 60.0
RTP_PORTS = 1500  # few members of the bench have media


@dataclass(frozen=True)
class Switch:
    name: str
    port: int
    password: str
    pid: int
    real: RealSwitch | None = None


@contextmanager
def simulated() -> Iterator[Switch]:
    with Helper("simulator") as helper:
        yield Switch("simulator", helper.greeting["port"], helper.greeting["password"], helper.pid)


@contextmanager
def real(folder: Path) -> Iterator[Switch]:
    with RealSwitch(folder / "switch", RTP_PORTS) as switch:
        yield Switch("FreeSWITCH", switch.esl_port, switch.esl_password, switch.pid, switch)


def has_real() -> bool:
    return find_freeswitch() is not None


class Esl:
    """One connection, as bare as it gets: blocking sockets, no library."""

    def __init__(self, switch: Switch) -> None:
        self._socket = socket.create_connection(("127.0.0.1", switch.port), LIMIT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._frames = self._socket.makefile("rb")
        self._next()
        self.command(f"auth {switch.password}")

    def close(self) -> None:
        self._frames.close()
        self._socket.close()

    def command(self, text: str) -> str:
        """The body, or the reply's text, of the answer."""
        self._socket.sendall(f"{text}\n\n".encode())
        while True:
            headers, body = self._next()
            if headers["Content-Type"] in ("command/reply", "api/response"):
                return body.decode() or headers.get("Reply-Text", "")

    def all(self, commands: list[str], at_once: int = 200) -> None:
        """As bgapi, many on the wire at once; returns when all were taken."""
        for start in range(0, len(commands), at_once):
            some = commands[start : start + at_once]
            self._socket.sendall("".join(f"bgapi {command}\n\n" for command in some).encode())
            for _ in some:
                self._next()

    def events(self, limit_s: float) -> Iterator[dict[str, Any]]:
        """Those that come within the limit, after `event json …`."""
        deadline = time.monotonic() + limit_s
        try:
            while (left := deadline - time.monotonic()) > 0:
                self._socket.settimeout(left)
                headers, body = self._next()
                if headers["Content-Type"] == "text/event-json":
                    yield orjson.loads(body)
        except TimeoutError:
            return

    def _next(self) -> tuple[dict[str, str], bytes]:
        headers: dict[str, str] = {}
        while line := self._frames.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name] = value
        if not headers:
            raise ConnectionError("the switch closed the connection")
        return headers, self._frames.read(int(headers.get("Content-Length", "0")))
