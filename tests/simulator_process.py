"""The simulated switch as a process of its own, and its callers. In: a folder. Out: what a real switch would offer."""

import subprocess
import sys
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
import orjson
from gevent import socket

from tests.waiting import wait_for

PASSWORD = "simulated-secret"
START_LIMIT_S = 30.0
# What SIP makes of a cause (mod_sofia, hangup_cause_to_sip).
SIP_STATUS = {
    "UNALLOCATED_NUMBER": 404,
    "NO_USER_RESPONSE": 408,
    "NORMAL_TEMPORARY_FAILURE": 503,
    "CALL_REJECTED": 603,
    "USER_BUSY": 486,
}


class SimulatorProcess:
    """`python -m gateway.simulator`; listens on a free port."""

    password = PASSWORD

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "simulator.log"
        self._process: subprocess.Popen[str] | None = None
        self._watching: gevent.Greenlet | None = None
        self.esl_port = 0
        self.answered: set[str] = set()
        self.causes: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the simulator is not running"
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "gateway.simulator", "--listen", "127.0.0.1:0", "--password", PASSWORD]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "listening on" in line, self.log()
        self.esl_port = int(line.rpartition(":")[2])
        watching = self._connected()
        watching.send(b"event json CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE\n\n")
        self._watching = gevent.spawn(self._watch, watching)

    def stop(self) -> None:
        if self._watching is not None:
            self._watching.kill()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_LIMIT_S)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-5000:]

    def api(self, command: str) -> str:
        """The reply to one `api` command, on a connection of its own."""
        with self._connected() as connection:
            connection.sendall(f"api {command}\n\n".encode())
            with connection.makefile("rb") as frames:
                while True:
                    kind, body = _frame(frames)
                    if kind == "api/response":
                        return body.decode()

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.esl_port), timeout=10)
        connection.sendall(f"auth {PASSWORD}\n\n".encode())
        return connection

    def _watch(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        with connection, connection.makefile("rb") as frames:
            while True:
                kind, body = _frame(frames)
                if kind != "text/event-json":
                    continue
                event = orjson.loads(body)
                if event["Event-Name"] == "CHANNEL_ANSWER":
                    self.answered.add(event["Unique-ID"])
                else:
                    self.causes[event["Unique-ID"]] = event["Hangup-Cause"]


def _frame(frames: Any) -> tuple[str, bytes]:
    """(content type, body); ConnectionError at the end."""
    headers: dict[str, str] = {}
    while line := frames.readline().decode().strip():
        name, _, value = line.partition(": ")
        headers[name] = value
    if not headers:
        raise ConnectionError("the simulator closed the connection")
    return headers.get("Content-Type", ""), frames.read(int(headers.get("Content-Length", "0")))


class SimulatedPhone:
    """One caller of the simulated switch."""

    def __init__(self, switch: SimulatorProcess, to: str, from_number: str, name: str) -> None:
        self._switch = switch
        # A space would end the word; the rest stands as it would on the wire, %0A included.
        shown = name.replace(" ", urllib.parse.quote(" "))
        reply = switch.api(f"simulator call {from_number} {to} {shown}".rstrip())
        assert reply.startswith("+OK "), reply
        self.channel = reply.removeprefix("+OK ").strip()

    @property
    def ended(self) -> bool:
        return self.channel in self._switch.causes

    @property
    def answered(self) -> bool:
        return self.channel in self._switch.answered

    @property
    def final_status(self) -> int | None:
        """What a SIP caller would have been told."""
        if self.answered:
            return 200
        return SIP_STATUS.get(self._switch.causes[self.channel], 480) if self.ended else None

    def hangup(self) -> None:
        self._switch.api(f"simulator hangup {self.channel}")
        wait_for(lambda: self.ended, "the call ended after hangup")

    def press(self, keys: str) -> None:
        self._switch.api(f"simulator digits {self.channel} {keys}")

    def close(self) -> None:
        if not self.ended:
            self._switch.api(f"simulator hangup {self.channel}")


class SimulatedPhones:
    def __init__(self, switch: SimulatorProcess) -> None:
        self._switch = switch

    def dial(self, to: str, from_number: str, name: str) -> SimulatedPhone:
        return SimulatedPhone(self._switch, to, from_number, name)
