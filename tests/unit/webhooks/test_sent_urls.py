"""URLs with letters beyond ASCII: what goes over the wire, and that the same text is signed."""

import base64
import hmac
from typing import Any
from urllib.parse import parse_qsl

import pytest
from plivo.utils import validate_v3_signature

from gateway.domain.deliveries import Parcel
from gateway.errors import MediaError
from gateway.webhooks.callbacks import callback_signer
from gateway.webhooks.connections import Origin

URL = "http://bücher.example:8080/höök?who=Jürgen&done=100%25"


def test_a_url_is_sent_percent_encoded_and_its_host_by_idna() -> None:
    """ "at least once": a URL that was taken when it was written is one that can be sent."""
    origin = Origin.of(URL)
    assert (origin.host, origin.port) == ("xn--bcher-kva.example", 8080)
    assert origin.opening == (
        "POST /h%C3%B6%C3%B6k?who=J%C3%BCrgen&done=100%25 HTTP/1.1\r\nHost: xn--bcher-kva.example:8080\r\n"
    )


@pytest.mark.parametrize("url", ["http://[::1]:80/a?b=%7e&c='d'|e", "https://App.example/%zz?", "http://a.example"])
def test_a_url_of_ascii_is_sent_as_it_was_written(url: str) -> None:
    """ "the URL is taken exactly as written in the document" """
    target = url.removeprefix("https://").removeprefix("http://").partition("/")[2].removesuffix("?")
    assert Origin.of(url).opening.startswith(f"POST /{target} HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "url", ["http://☃☃.example/", "http://bü..example/", "http://ü.example:0x/", "ftp://ü.example"]
)
def test_a_host_that_no_name_server_knows_is_refused(url: str) -> None:
    with pytest.raises((MediaError, ValueError)):
        Origin.of(url)


def signed(url: str, method: str, body: bytes = b"") -> dict[str, str]:
    parcel = Parcel(1, "evt_1", "callback", "app", body, url, method, "", 0)
    lines = callback_signer(lambda _app_id: "whsec_x")(parcel).headers("evt_1", 0, body)
    return dict(line.split(": ", 1) for line in lines.splitlines())


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_signature_is_over_the_url_that_the_receiver_sees(method: str) -> None:
    """ "signed with X-Plivo-Signature-V3 and nonce": a receiver knows the encoded URL alone, and validates that."""
    body = b"CallUUID=1&Name=J%C3%BCrgen" if method == "POST" else b""
    headers = signed("http://bücher.example/höök?done=100%25", method, body)
    params: dict[str, Any] = dict(parse_qsl(body.decode()))
    seen, signature = "http://xn--bcher-kva.example/h%C3%B6%C3%B6k?done=100%25", headers["X-Plivo-Signature-V3"]
    assert validate_v3_signature(method, seen, headers["X-Plivo-Signature-V3-Nonce"], "whsec_x", signature, params)


@pytest.mark.parametrize("url", ["http://u:p@a.example/x?b=1#end", "http://a.example/x?b=1"])
def test_a_receiver_sees_neither_credentials_nor_fragment(url: str) -> None:
    headers = signed(url, "POST", b"CallUUID=1")
    nonce, signature = headers["X-Plivo-Signature-V3-Nonce"], headers["X-Plivo-Signature-V3"]
    assert validate_v3_signature("POST", "http://a.example/x?b=1", nonce, "whsec_x", signature, {"CallUUID": "1"})


@pytest.mark.parametrize("url", ["http://a.example/?who=Jürgen", "http://a.example/?who=J%C3%BCrgen"])
def test_a_query_beyond_ascii_is_signed_byte_by_byte(url: str) -> None:
    """What Plivo's SDK rebuilds, on a Python whose parse_qs takes these bytes: on others it fails, as we did."""
    headers = signed(url, "GET")
    base = f"http://a.example/?who={'Jürgen'.encode().decode('latin-1')}.{headers['X-Plivo-Signature-V3-Nonce']}"
    digest = hmac.digest(b"whsec_x", base.encode(), "sha256")
    assert headers["X-Plivo-Signature-V3"] == base64.b64encode(digest).decode()
