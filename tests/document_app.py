"""An app that leads calls by answer documents: what it answers by caller, and what it was asked and told.

In: documents as the test sets them. Out: every request, its signature checked by Plivo's own SDK.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

from gevent.pywsgi import WSGIHandler, WSGIServer
from plivo.utils import validate_v3_signature

from tests.waiting import wait_for

Json = dict[str, Any]
LIMIT_S = 15.0


class _Handler(WSGIHandler):  # type: ignore[misc]
    def log_request(self) -> None:
        pass


@dataclass(frozen=True)
class Asked:
    path: str
    method: str
    params: dict[str, str]


class DocumentApp:
    """/answer gives the document of the caller's number, any other path what was put there; /heard is told things."""

    def __init__(self) -> None:
        self._server = WSGIServer(("127.0.0.1", 0), self._serve, handler_class=_Handler, log=None)
        self._server.start()
        self.by_caller: dict[str, str] = {}
        self.default = "<Response/>"  # of callers without one of their own
        self.by_path: dict[str, tuple[str, bytes]] = {}
        self.secret = ""
        self.asked: list[Asked] = []
        self.problems: list[str] = []

    def stop(self) -> None:
        self._server.stop(timeout=1)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def put(self, path: str, body: str | bytes, content_type: str = "application/xml") -> str:
        """The URL of what is put there."""
        self.by_path[path] = (content_type, body.encode() if isinstance(body, str) else body)
        return self.url(path)

    def of(self, path: str, **params: str) -> list[dict[str, str]]:
        """The requests to a path that had these parameters among others."""
        return [one.params for one in self.asked if one.path == path and params.items() <= one.params.items()]

    def wait_for(self, path: str, /, **params: str) -> dict[str, str]:
        """The first such request."""
        try:
            wait_for(lambda: self.of(path, **params), f"{path} is told {params}", LIMIT_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; told: {self.asked}") from error
        assert not self.problems, self.problems
        return self.of(path, **params)[0]

    def _serve(self, environ: Json, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read().decode()
        params = dict(parse_qsl(environ["QUERY_STRING"] + "&" + body, keep_blank_values=True))
        path = environ["PATH_INFO"].encode("latin-1").decode()
        if "HTTP_X_PLIVO_SIGNATURE_V3" in environ or environ["REQUEST_METHOD"] == "POST":
            self._check(environ, path, dict(parse_qsl(body, keep_blank_values=True)))
            self.asked.append(Asked(path, environ["REQUEST_METHOD"], params))
        content_type, content = self._content(path, params)
        start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(content)))])
        return [content]

    def _content(self, path: str, params: dict[str, str]) -> tuple[str, bytes]:
        if path == "/answer":
            return "application/xml", self.by_caller.get(params.get("From", ""), self.default).encode()
        return self.by_path.get(path, ("text/plain", b""))

    def _check(self, environ: Json, path: str, params: dict[str, str]) -> None:
        query = "?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else ""
        signature, nonce = (environ.get("HTTP_X_PLIVO_SIGNATURE_V3" + rest, "") for rest in ("", "_NONCE"))
        method = environ["REQUEST_METHOD"]
        if not validate_v3_signature(method, self.url(quote(path)) + query, nonce, self.secret, signature, params):
            self.problems.append(f"{path}: the V3 signature is wrong: {signature!r}")
