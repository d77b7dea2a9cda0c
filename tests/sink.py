"""A receiver of webhooks inside the test. In: POSTs, verified as a receiver would. Out: what came, in order.

It answers 200 unless told otherwise. `events` holds each event once, in the order in which it was first accepted;
`received` holds every attempt. Needs nothing of the gateway.
"""

import hashlib
import hmac
import json
import socket
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gevent.event import Event as Signal
from gevent.pywsgi import WSGIHandler, WSGIServer
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.chains import chain_faults
from tests.waiting import wait_for

Json = dict[str, Any]
HANG_LIMIT_S = 60.0


@dataclass(frozen=True)
class Received:
    """One attempt: where it came, what it said, and the status that it was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    event: Json
    status: int

    @property
    def id(self) -> str:
        return str(self.event.get("id", ""))


@dataclass
class Orders:
    """How one path answers: statuses for the next requests, then `status` for all others."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    next_statuses: list[int] = field(default_factory=list)
    open: Signal = field(default_factory=Signal)


class _Handler(WSGIHandler):  # type: ignore[misc]
    def log_request(self) -> None:
        pass


class Sink:
    """`url(path)` is what an endpoint is given; `trust(path, secret)` what its signatures are verified with."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((host, port))
        listening.listen(1024)
        self._server = WSGIServer(listening, self._serve, handler_class=_Handler, log=None)
        self.host, self.port = host, int(listening.getsockname()[1])
        self._secrets: dict[str, list[str]] = {}
        self._orders: defaultdict[str, Orders] = defaultdict(Orders)
        self._bodies: dict[tuple[str, str], bytes] = {}
        self.received: list[Received] = []
        self.accepted: list[Received] = []
        self.problems: list[str] = []
        self.attempts: Counter[str] = Counter()
        self._hanging: set[str] = set()
        self._accepted_ids: set[tuple[str, str]] = set()

    # -- outside ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        for orders in self._orders.values():
            orders.open.set()
        self._server.stop(timeout=1)

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}:{self.port}{path}"

    def trust(self, path: str, *secrets: str) -> None:
        """What comes to `path` must be signed with one of these."""
        self._secrets[path] = list(secrets)

    def answer(self, status: int, times: int = 0, path: str = "/", headers: dict[str, str] | None = None) -> None:
        """The next `times` requests get `status`; with times=0 all from now on."""
        orders = self._orders[path]
        orders.headers = dict(headers or {})
        if times:
            orders.next_statuses += [status] * times
        else:
            orders.status = status

    def hang(self, path: str = "/") -> None:
        """Requests to `path` are read and not answered until go_on()."""
        self._orders[path].open.clear()
        self._hanging.add(path)

    def go_on(self, path: str = "/") -> None:
        self._hanging.discard(path)
        self._orders[path].open.set()

    # -- what came ----------------------------------------------------------------------------------------------

    @property
    def events(self) -> list[Json]:
        """Each event once for each path, in the order of its first acceptance."""
        return [one.event for one in self.accepted]

    def of_room(self, room_id: str) -> list[Json]:
        return [event for event in self.events if event.get("room_id") == room_id]

    def of_session(self, session_id: str) -> list[Json]:
        return [event for event in self.events if event.get("session_uuid") == session_id]

    def names(self, room_id: str = "", session_id: str = "") -> list[str]:
        """Names of events in order; of one room, one session, or all."""
        return [
            str(event["event"])
            for event in self.events
            if (not room_id or event.get("room_id") == room_id)
            and (not session_id or event.get("session_uuid") == session_id)
        ]

    def find(self, name: str, **data: Any) -> list[Json]:
        """Events of this name whose data, or envelope, has these values."""
        return [event for event in self.events if event["event"] == name and _has(event, data)]

    def wait_for_event(self, name: str, limit_s: float = 5.0, **data: Any) -> Json:
        """The first event of this name with these values; fails with what came instead."""
        try:
            wait_for(lambda: self.find(name, **data), name, limit_s)
        except AssertionError as error:
            last = [(event["event"], event.get("data")) for event in self.events[-8:]]
            raise AssertionError(f"no {name} with {data} within {limit_s:g} s; the last that came: {last}") from error
        return self.find(name, **data)[0]

    def wait_for(self, condition: Callable[[], object], why: str, limit_s: float = 5.0) -> None:
        """Until `condition()`; fails with the names of what came last."""
        try:
            wait_for(condition, why, limit_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; the last that came: {self.names()[-12:]}") from error

    def assert_ordered(self, gaps_at: Iterable[str] = ()) -> None:
        """Signatures right, bytes unchanged, sequences of each session and room 1, 2, 3 … on arrival, legal chains.

        `gaps_at`: paths of endpoints with patterns, which see a part of the events.
        """
        assert not self.problems, self.problems
        gaps = set(gaps_at)
        by_path: defaultdict[str, list[Json]] = defaultdict(list)
        for one in self.accepted:
            by_path[one.path].append(one.event)
        faults = []
        for path, events in by_path.items():
            faults += _sequence_faults(events, "session_uuid", "sequence", path in gaps)
            faults += _sequence_faults(events, "room_id", "room_sequence", path in gaps)
            if path not in gaps:
                faults += chain_faults(events)
        assert not faults, faults

    # -- the server ---------------------------------------------------------------------------------------------

    def _serve(self, environ: Json, start_response: Callable[[str, list[tuple[str, str]]], Any]) -> list[bytes]:
        body = environ["wsgi.input"].read()
        path = str(environ["PATH_INFO"])
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        orders = self._orders[path]
        self.attempts[path] += 1
        if path in self._hanging:
            orders.open.wait(HANG_LIMIT_S)
        status = orders.next_statuses.pop(0) if orders.next_statuses else orders.status
        self._keep(path, headers, body, status)
        start_response(f"{status} Told", [("Content-Length", "0"), *orders.headers.items()])
        return []

    def _keep(self, path: str, headers: dict[str, str], body: bytes, status: int) -> None:
        event = json.loads(body)
        one = Received(path, headers, body, event, status)
        self.received.append(one)
        self._verify(one)
        key = (path, one.id)
        if self._bodies.setdefault(key, body) != body:
            self.problems.append(f"{one.id} came with other bytes than before")
        if 200 <= status < 300 and key not in self._accepted_ids:
            self._accepted_ids.add(key)
            self.accepted.append(one)

    def _verify(self, one: Received) -> None:
        secrets = self._secrets.get(one.path)
        if not secrets:
            self.problems.append(f"something came to {one.path}, for which no secret is trusted")
        elif not any(_is_standard(secret, one) for secret in secrets):
            self.problems.append(f"{one.id}: no Standard Webhooks signature of a trusted secret: {one.headers}")
        elif not any(_is_minivoice(secret, one) for secret in secrets):
            self.problems.append(f"{one.id}: no MiniVoice signature of a trusted secret: {one.headers}")
        if one.headers.get("content-type") != "application/json":
            self.problems.append(f"{one.id}: content type {one.headers.get('content-type')!r}")
        if one.headers.get("webhook-id") != one.id:
            self.problems.append(f"{one.id}: webhook-id is {one.headers.get('webhook-id')!r}")


def _is_standard(secret: str, one: Received) -> bool:
    try:
        Webhook(secret).verify(one.body, one.headers)
    except WebhookVerificationError:
        return False
    return True


def _is_minivoice(secret: str, one: Received) -> bool:
    stamp = one.headers.get("x-minivoice-timestamp", "")
    right = hmac.new(secret.encode(), stamp.encode() + b"." + one.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v1={right}", one.headers.get("x-minivoice-signature", ""))


def _sequence_faults(events: Iterable[Json], who: str, number: str, gaps: bool) -> list[str]:
    """talking_* carry no sequence."""
    last: dict[str, int] = {}
    faults = []
    for event in events:
        if who not in event or number not in event:
            continue
        before, this = last.get(event[who], 0), event[number]
        if this <= before if gaps else this != before + 1:
            faults.append(f"{event[who]}: {event['event']} has {number} {this} after {before}")
        last[event[who]] = this
    return faults


def _has(event: Json, wanted: Json) -> bool:
    return all(event.get("data", {}).get(name, event.get(name)) == value for name, value in wanted.items())
