"""Everything a bench needs, set up: a database with an app, rooms and calls, a switch, a sink, a gateway process."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from bench.process import Helper
from bench.switches import Esl, Switch
from gateway.bootstrap import open_store
from gateway.config import load
from gateway.domain.room import Room
from gateway.domain.session import ANSWERED, Session
from gateway.services.apps import Apps
from gateway.store import migrate
from gateway.store.unit_of_work import UnitOfWork
from tests.gateway_process import NODE, GatewayProcess, Keys

SEEDED_AT_ONCE = 1000
LIMIT_S = 180.0
AN_HOUR_MS = 3_600_000  # calls that began a moment before the gateway are looked at one by one at its start


@dataclass(frozen=True)
class Call:
    session: str
    channel: str
    room: str


@dataclass(frozen=True)
class Stage:
    switch: Switch
    sink: Helper
    gateway: GatewayProcess
    keys: Keys
    calls: list[Call]
    esl: Esl

    def join_all(self) -> None:
        """All calls into their rooms, by the switch's own hand."""
        self.esl.all([_originate(call) for call in self.calls])

    def wait_told(self, count: int, event: str) -> float:
        """Until the sink has so many webhooks of events that begin so; returns when the last came."""
        until(
            lambda: self.sink.ask(what="told", event=event)["count"] >= count, f"{count} webhooks {event}… at the sink"
        )
        last_at: float = self.sink.ask(what="told", event=event)["last_at"]
        return last_at

    def wait_quiet(self) -> int:
        """Until nothing came to the sink for a while; returns how many there are."""
        before, since = -1, time.monotonic()
        while time.monotonic() - since < 1.0:
            time.sleep(0.1)
            count = int(self.sink.ask(what="count")["count"])
            if count != before:
                before, since = count, time.monotonic()
        return before


def until(condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {limit_s:g} s still not: {what}")
        time.sleep(0.05)


@contextmanager
def stage(folder: Path, switch: Switch, rooms: int, in_each: int, **settings: Any) -> Iterator[Stage]:
    """The gateway is not started yet, and nobody is in a room."""
    with Helper("sink") as sink:
        keys, calls = _seed(folder, f"http://127.0.0.1:{sink.greeting['port']}/hook", rooms, in_each)
        gateway = GatewayProcess(folder, switch.port, switch.password, **settings)
        esl = Esl(switch)
        try:
            yield Stage(switch, sink, gateway, keys, calls, esl)
        finally:
            gateway.close()
            esl.command("bgapi hupall")
            esl.close()


def _seed(folder: Path, webhook_url: str, rooms: int, in_each: int) -> tuple[Keys, list[Call]]:
    store = open_store(load({"GATEWAY_DATA_DIR": str(folder)}))
    migrate.upgrade(store.engine)
    added = Apps(store).add_app("bench", webhook_url)
    names = [f"{NODE}-room-{uuid.uuid4()}" for _ in range(rooms)]
    calls = []
    for room in names:
        for _ in range(in_each):
            channel = str(uuid.uuid4())
            calls.append(Call(f"{NODE}-{channel}", channel, room))

    def put_rooms(uow: UnitOfWork, some: list[str]) -> None:
        for room in some:
            uow.rooms.put(Room(room, added.app.id, NODE, room[-36:], "api", uow.now))

    def put_calls(uow: UnitOfWork, some: list[Call]) -> None:
        for call in some:
            numbers = ("+15550001111", "+15551230002")
            session = Session(
                call.session, added.app.id, NODE, call.channel, "inbound", *numbers, ANSWERED, uow.now - AN_HOUR_MS,
                uow.now - AN_HOUR_MS, taken_over=True,
            )  # fmt: skip
            uow.sessions.put(session)

    for start in range(0, len(names), SEEDED_AT_ONCE):
        store.write(lambda uow, start=start: put_rooms(uow, names[start : start + SEEDED_AT_ONCE]))  # type: ignore[misc]
    for start in range(0, len(calls), SEEDED_AT_ONCE):
        store.write(lambda uow, start=start: put_calls(uow, calls[start : start + SEEDED_AT_ONCE]))  # type: ignore[misc]
    store.stop()
    return Keys(added.app.id, added.api_key, added.webhook_secret), calls


def _originate(call: Call) -> str:
    room = f"conference:{call.room}@gateway+flags{{mute}}"
    return f"originate {{origination_uuid={call.channel}}}null/x '{room},park:' inline"


def metric(gateway: GatewayProcess, name: str) -> float:
    for line in requests.get(f"{gateway.url}/metrics", timeout=30).text.splitlines():
        if line.startswith(name):
            return float(line.rpartition(" ")[2])
    return 0.0
