"""An app with an answer_url: serves documents, keeps what it was asked, validates signatures as Plivo's SDK does."""

import json
import socket
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gevent.event import Event as Signal
from gevent.pywsgi import WSGIHandler, WSGIServer
from plivo.utils import validate_v3_signature

from tests.waiting import wait_for

HANG_LIMIT_S = 60.0
XML = "application/xml"


@dataclass(frozen=True)
class Asked:
    """One request. `params` are those of query and body together."""

    path: str
    method: str
    params: dict[str, Any]
    headers: dict[str, str]


@dataclass
class Page:
    """`documents` are served one after the other, the last again and again."""

    documents: list[str | int] = field(default_factory=list)
    hangs: bool = False
    open: Signal = field(default_factory=Signal)


class _Handler(WSGIHandler):  # type: ignore[misc]
    def log_request(self) -> None:
        pass


class AnswerApp:
    """`serve(path, *documents)`: a text is a document, a number a status. `token` validates, '' does not."""

    def __init__(self) -> None:
        listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = int(listening.getsockname()[1])
        self._server = WSGIServer(listening, self._serve, handler_class=_Handler, log=None)
        self._pages: defaultdict[str, Page] = defaultdict(Page)
        self.tokens: dict[str, str] = {}
        self.asked: list[Asked] = []
        self.problems: list[str] = []
        self._server.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}{path}"

    def serve(self, path: str, *documents: str | int, token: str = "") -> str:
        """Returns the URL."""
        self._pages[path] = Page(list(documents))
        if token:
            self.tokens[path] = token
        return self.url(path)

    def hang(self, path: str) -> str:
        self._pages[path].hangs = True
        return self.url(path)

    def stop(self) -> None:
        for page in self._pages.values():
            page.open.set()
        self._server.stop(timeout=1)

    def requests(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]

    def wait_for(self, path: str, count: int = 1, limit_s: float = 5.0) -> Asked:
        """The newest of at least `count` requests."""
        wait_for(lambda: len(self.requests(path)) >= count, f"{count} requests to {path}", limit_s)
        return self.requests(path)[-1]

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked, body = _asked(environ)
        self.asked.append(asked)
        self._validate(asked, body, environ)
        page = self._pages[asked.path]
        if page.hangs:
            page.open.wait(HANG_LIMIT_S)
        document = page.documents.pop(0) if len(page.documents) > 1 else next(iter(page.documents), 404)
        if isinstance(document, int):
            start_response(f"{document} No", [("Content-Length", "0")])
            return []
        kind = "application/json" if document.startswith("{") else XML
        start_response("200 OK", [("Content-Type", kind)])
        return [document.encode()]

    def _validate(self, asked: Asked, body: dict[str, Any], environ: dict[str, Any]) -> None:
        token = self.tokens.get(asked.path)
        if token is None:
            return
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        signature, nonce = (asked.headers.get(f"x-plivo-signature-v3{end}", "") for end in ("", "-nonce"))
        url = self.url(asked.path) + query
        if not validate_v3_signature(asked.method, url, nonce, token, signature, body):
            self.problems.append(f"{asked.method} {url}: the signature is not valid")


def _asked(environ: dict[str, Any]) -> tuple[Asked, dict[str, Any]]:
    raw = environ["wsgi.input"].read()
    kind = environ.get("CONTENT_TYPE", "")
    body = json.loads(raw) if kind == "application/json" else dict(parse_qsl(raw.decode(), keep_blank_values=True))
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
    path = urlsplit(str(environ["PATH_INFO"])).path
    return Asked(path, str(environ["REQUEST_METHOD"]), {**query, **body}, headers), body
