"""The whole house over loopback: a simulated switch, a gateway in the process, apps with their keys, a sink, audio.

Tests use rooms and calls of their own, so one house serves a module.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import delete, select

from gateway.bootstrap import Gateway
from gateway.config import load
from gateway.domain.ids import new_uuid
from gateway.services.apps import Apps
from gateway.store import tables
from gateway.store.unit_of_work import UnitOfWork
from tests.flow.jukebox import Jukebox
from tests.flow.watched_switch import NODE, WatchedSwitch
from tests.sink import Sink
from tests.waiting import wait_for

Json = dict[str, Any]
CALLER = "+15550001111"


@dataclass(frozen=True)
class Client:
    """An app: its keys in every request it makes."""

    id: str
    key: str
    number: str
    sink_path: str
    base: str
    http: requests.Session

    @property
    def headers(self) -> dict[str, str]:
        return {"X-App-ID": self.id, "X-API-Key": self.key}

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """`path` below /api/v1; options as of requests, `headers` beside the app's own."""
        headers = {**self.headers, **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        return self.http.request(method, f"{self.base}/api/v1{path}", headers=headers, timeout=20, **options)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.ask("GET", path, params=params)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.ask("POST", path, body, **options)

    def delete(self, path: str) -> requests.Response:
        return self.ask("DELETE", path)

    def room(self, name: str = "") -> str:
        """A new room."""
        answer = self.post("/conferences", {"name": name or f"r-{new_uuid()}"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["room_id"])

    def command(self, session: str, command: str, body: Any = None) -> requests.Response:
        return self.post(f"/sessions/{session}/commands/{command}", body)

    def at(self, room: str, command: str, body: Any = None) -> requests.Response:
        return self.post(f"/conferences/{room}/{command}", body)

    def status(self, room: str) -> Json:
        return ok(self.get(f"/conferences/{room}"), 200)

    def members(self, room: str) -> list[Json]:
        return list(ok(self.get(f"/conferences/{room}/members"), 200)["members"])


def ok(answer: requests.Response, status: int) -> Json:
    """The body of an answer that must have this status."""
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
    body: Json = answer.json()
    return body


def refused(answer: requests.Response, status: int, error_id: str) -> Json:
    """The body of an error that must be this one, in the shape of every error."""
    body = ok(answer, status)
    assert set(body) == {"success", "error", "error_id", "detail"}, body
    assert body["success"] is False and body["error"] and isinstance(body["detail"], dict), body
    assert body["error_id"] == error_id, body
    return body


def is_operation_id(text: Any) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(text)))


class House:
    """`app` and `other` are two tenants; further settings are named as in config.Settings."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.directory = directory
        self.sink = Sink()
        self.sink.start()
        self.jukebox = Jukebox()
        self.switch = WatchedSwitch()
        self.switch.start()
        self._more = settings
        self._numbers = iter(range(15551230002, 15551239999))
        self._sessions: list[requests.Session] = []
        self.gateway = self._gateway()
        self.start()
        self.app, self.other = self.new_app(), self.new_app()

    def _gateway(self) -> Gateway:
        environ = {
            "GATEWAY_LISTEN": "127.0.0.1:0",
            "GATEWAY_DATA_DIR": str(self.directory),
            "GATEWAY_NODES": f"{NODE}=ClueCon@127.0.0.1:{self.switch.port}",
            "GATEWAY_ALLOW_PRIVATE_URLS": "true",
        }
        return Gateway(load(environ, {"reply_timeout_s": 1.0, "job_timeout_s": 5.0, **self._more}))

    # -- its life -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.gateway.start()
        wait_for(lambda: not self.gateway.why_not_ready(), "the gateway is ready", 10)

    def stop(self) -> None:
        """Everything, for good."""
        for session in self._sessions:
            session.close()
        self.gateway.stop()
        self.switch.stop()
        self.jukebox.stop()
        self.sink.stop()

    @contextmanager
    def away(self) -> Iterator[None]:
        """The gateway is stopped as by SIGTERM, the switch goes on; then another one starts on the same data."""
        self.gateway.stop()
        try:
            yield
        finally:
            self.gateway = self._gateway()
            self.start()
            self.app, self.other = self._again(self.app), self._again(self.other)

    def _again(self, client: Client) -> Client:
        return Client(client.id, client.key, client.number, client.sink_path, self.base, client.http)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.gateway.port}"

    # -- apps ---------------------------------------------------------------------------------------------------

    def new_app(self) -> Client:
        """A tenant with a number and an endpoint of its own in the sink."""
        apps, number = Apps(self.gateway.store), str(next(self._numbers))
        path = f"/{number}"
        added = apps.add_app(f"app-{number}", webhook_url=self.sink.url(path))
        apps.add_number(number, added.app.id)
        self.gateway.directory.invalidate()
        self.sink.trust(path, added.webhook_secret)
        http = requests.Session()
        http.trust_env = False
        self._sessions.append(http)
        return Client(added.app.id, added.api_key, "+" + number, path, self.base, http)

    # -- callers ------------------------------------------------------------------------------------------------

    def call(self, app: Client | None = None, name: str = "", number: str = CALLER) -> str:
        """A caller arrives and is ours: call.created was told, no command of the arrival is still to come."""
        app = app or self.app
        channel = self.switch.call(number, app.number, name)
        session = f"{NODE}-{channel}"
        self.sink.wait_for_event("call.created", session_uuid=session)
        scheduled = f"sched_hangup +60 {channel}"
        wait_for(lambda: any(line.startswith(scheduled) for line in self.switch.lines), "the call is taken over")
        return session

    def join(self, room: str, session: str = "", app: Client | None = None) -> str:
        """A caller in the room: the join was confirmed."""
        app = app or self.app
        session = session or self.call(app)
        told = len(self.sink.find("conference.member.joined", session_uuid=session))
        ok(app.command(session, "conference/join", {"room_id": room}), 202)
        self._until_told("conference.member.joined", session, told)
        return session

    def _until_told(self, event: str, session: str, before: int) -> None:
        """Once more than before."""
        self.sink.wait_for(lambda: len(self.sink.find(event, session_uuid=session)) > before, f"{event} of {session}")
        self.forget_cooldowns()

    def command(self, session: str, command: str, event: str) -> Json:
        """A conference command that is taken, and the webhook that confirms it."""
        told = len(self.sink.find(event, session_uuid=session))
        ok(self.app.command(session, f"conference/{command}"), 202)
        self._until_told(event, session, told)
        return self.sink.find(event, session_uuid=session)[-1]

    def press(self, session: str, keys: str) -> None:
        assert self.switch.api(f"uuid_recv_dtmf {channel(session)} {keys}").startswith("+OK")

    def hang_up(self, session: str, cause: str = "NORMAL_CLEARING") -> None:
        """The caller does; returns once it was told."""
        assert self.switch.api(f"simulator hangup {channel(session)} {cause}").startswith("+OK")
        self.sink.wait_for_event("call.completed", session_uuid=session)

    def forget_cooldowns(self) -> None:
        """As if the windows were over: tests of other things do not wait for them."""

        def work(uow: UnitOfWork) -> None:
            uow.execute(delete(tables.cooldowns))

        self.gateway.store.write(work)

    # -- what was done ------------------------------------------------------------------------------------------

    def is_under_way(self, command_uid: str) -> bool:
        """A request with this command_uid has passed its checks and waits for its answer."""
        keys = select(tables.command_keys.c.id).where(tables.command_keys.c.status == 0)
        found = self.gateway.store.read(lambda connection: connection.execute(keys).scalars().all())
        return any(str(key).endswith(f" {command_uid}") for key in found)

    def orders_for(self, subject: str) -> list[str]:
        """Commands at the switch that name this room or session."""
        return [line for line in self.switch.orders if subject in line or channel(subject) in line]


def channel(session_id: str) -> str:
    """The switch's own name of a session."""
    return session_id.removeprefix(f"{NODE}-")
