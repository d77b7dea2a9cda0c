"""An app's webhook endpoint for tests: a real HTTP server on loopback that records and answers as it is told."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


Answer = tuple[int, dict[str, str]]


@dataclass
class Receiver:
    """`answer(received)` gives status and headers; it may wait, as a slow app does."""

    answer: Callable[[Received], Answer] = lambda _received: (200, {})
    got: list[Received] = field(default_factory=list)

    def __enter__(self) -> "Receiver":
        self._server = WSGIServer(("127.0.0.1", 0), self._app, log=None, error_log=None)
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook?a=b"

    def _app(self, environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        }
        body = environ["wsgi.input"].read()
        received = Received(f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}", headers, body)
        self.got.append(received)
        status, extra = self.answer(received)
        start_response(f"{status} Because", [("Content-Length", "0"), *extra.items()])
        return [b""]

    @property
    def names(self) -> list[str]:
        return [received.json["data"]["name"] for received in self.got]


def hang(_received: Received) -> Answer:
    gevent.sleep(60)
    return 200, {}
