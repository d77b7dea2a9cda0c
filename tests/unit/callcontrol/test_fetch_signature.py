"""The request for a document: what is signed is what is sent."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from plivo.utils import validate_v3_signature

from gateway.callcontrol.fetch import DocumentFetcher
from gateway.domain.apps import App
from gateway.errors import MediaError
from gateway.media.fetch import Request


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
