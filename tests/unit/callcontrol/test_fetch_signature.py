"""The request for a document: what is signed is what is sent."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from plivo.utils import validate_v3_signature

from gateway.callcontrol.fetch import DocumentFetcher
from gateway.domain.apps import App
from gateway.errors import MediaError
from gateway.media.addresses import AddressPolicy
from gateway.media.fetch import Fetcher, Request
from gateway.media.guard import Guard


class _Fetcher:
    """Keeps the request."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def fetch(self, request: Request, _sink: Any, _limits: Any) -> Any:
        self.asked.append(request)
        return SimpleNamespace(status=200, url=request.url, headers={})


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_signature_is_over_the_url_that_the_receiver_sees(method: str) -> None:
    """ "All are signed with X-Plivo-Signature-V3": the app's server knows the encoded URL alone, and validates that."""
    fetcher, params = _Fetcher(), {"CallUUID": "1"}
    documents = DocumentFetcher(fetcher, lambda _app_id: "whsec_x")  # type: ignore[arg-type]
    documents.ask(App("app", "app", 0, "", {}), "http://bücher.example/grün?who=J", method, params, {})
    (request,) = fetcher.asked
    sent = "http://xn--bcher-kva.example/gr%C3%BCn?who=J"
    assert request.url == sent + (f"&{urlencode(params)}" if method == "GET" else "")
    signature, nonce = (request.headers[f"X-Plivo-Signature-V3{end}"] for end in ("", "-Nonce"))
    body = params if method == "POST" else {}
    assert validate_v3_signature(method, request.url, nonce, "whsec_x", signature, body)


def test_a_url_that_cannot_be_sent_is_told_as_one() -> None:
    documents = DocumentFetcher(_Fetcher(), lambda _app_id: "whsec_x")  # type: ignore[arg-type]
    with pytest.raises(MediaError):
        documents.ask(App("app", "app", 0, "", {}), "http://bü..example/", "POST", {}, {})


class _Server(HTTPServer):
    """An app's answer_url: keeps the URL and headers of each request, as it sees them."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                seen.append((f"http://{self.headers['Host']}{self.path}", dict(self.headers)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def server() -> Iterator[_Server]:
    server = _Server()
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    yield server
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}", "http://127.0.0.1:{port}/x?a=1", "http://LocalHost:{port}/x",
        "http://u:p@127.0.0.1:{port}/x", "http://127.0.0.1:{port}/caf%c3%a9/x", "http://127.0.0.1:{port}/{{tenant}}/x",
        "http://127.0.0.1:{port}/a|b", "http://127.0.0.1:{port}/a/../b#end", "http://127.0.0.1:{port}/gr\u00fcn%c3%bc/x",
    ],
)  # fmt: skip
def test_an_apps_server_validates_what_came_over_the_wire(server: _Server, url: str) -> None:
    """ "All are signed with X-Plivo-Signature-V3": over Host and path as they arrive, which is all a server has."""
    documents = DocumentFetcher(Fetcher(Guard(AddressPolicy(True))), lambda _app_id: "whsec_x")
    params = {"CallUUID": "1"}
    documents.ask(App("app", "app", 0, "", {}), url.format(port=server.server_port), "POST", params, {})
    ((seen, headers),) = server.seen
    signature, nonce = (headers[f"X-Plivo-Signature-V3{end}"] for end in ("", "-Nonce"))
    assert validate_v3_signature("POST", seen, nonce, "whsec_x", signature, params)
