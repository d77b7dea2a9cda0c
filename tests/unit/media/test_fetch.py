"""The guarded client against servers that mean harm: addresses, redirects, credentials, TLS."""

import ssl
from dataclasses import replace

import pytest
import trustme
from gevent.event import Event
from gevent.socket import socket

from gateway.media.addresses import AddressPolicy
from gateway.media.fetch import Fetcher, Request
from gateway.media.guard import Guard
from tests.unit.media.origin import QUICK, WAV, Names, Origin, Seen, answer, fetcher, got, redirect, refused
from tests.waiting import wait_for


def test_a_body_comes_through_with_status_headers_and_final_url(origin: Origin) -> None:
    origin.routes["/a.wav"] = answer(WAV, etag='"1"')
    reply, body = got(fetcher(), origin.url("/a.wav#.wav"))
    assert (reply.status, reply.headers["etag"], reply.url) == (200, '"1"', origin.url("/a.wav"))
    assert body == WAV
    sent = origin.seen[0].headers
    assert (sent["accept-encoding"], sent["host"]) == ("identity", f"127.0.0.1:{origin.port}")


def test_a_chunked_body_comes_through(origin: Origin) -> None:
    def chunked(_seen: Seen, connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nRIF\r\n1\r\nF\r\n0\r\n\r\n")

    origin.routes["/a"] = chunked
    assert got(fetcher(), origin.url("/a"))[1] == b"RIFF"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:{port}/x",
        "http://2130706434:{port}/x",
        "http://0x7f.2:{port}/x",
        "http://[::ffff:127.0.0.2]:{port}/x",
        "http://[::1]:{port}/x",
        "http://0.0.0.0:{port}/x",
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_every_spelling_of_an_inside_address_is_refused(origin: Origin, url: str) -> None:
    names = Names(**{"2130706434": [["127.0.0.2"]], "0x7f_2": [["127.0.0.2"]]})
    with refused("media-forbidden-address"):
        got(fetcher(names), url.format(port=origin.port))
    assert origin.seen == []


def test_localhost_is_refused_with_the_resolver_of_the_system(origin: Origin) -> None:
    with refused("media-forbidden-address"):
        got(Fetcher(Guard(AddressPolicy()), QUICK), origin.url("/x", host="localhost"))
    assert origin.seen == []


def test_a_redirect_to_an_inside_address_is_refused_at_the_second_hop(origin: Origin) -> None:
    origin.routes["/a"] = redirect("/b")
    origin.routes["/b"] = redirect(f"http://127.0.0.2:{origin.port}/secret")
    with refused("media-forbidden-address"):
        got(fetcher(), origin.url("/a"))
    assert [seen.path for seen in origin.seen] == ["/a", "/b"]


def test_a_redirect_to_a_name_of_the_inside_says_the_name_and_not_its_address(origin: Origin) -> None:
    origin.routes["/a"] = redirect("http://db.internal/")
    with refused("media-forbidden-address") as errors:
        got(fetcher(Names(db_internal=[["10.20.30.40"]])), origin.url("/a"))
    assert errors[0].message == "db.internal: its address is private or reserved, which is not allowed"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://:1/", "http://["])
def test_a_redirect_out_of_http_is_refused(origin: Origin, location: str) -> None:
    origin.routes["/a"] = redirect(location)
    with refused("media-invalid-url"):
        got(fetcher(), origin.url("/a"))


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(origin: Origin) -> None:
    """DNS rebinding: the second answer is an inside address; nobody asks for it between check and connect."""
    names = Names(rebind_example=[["127.0.0.1"], ["127.0.0.2"]])
    origin.routes["/a"] = answer(WAV)
    client = fetcher(names)
    assert got(client, origin.url("/a", host="rebind.example"))[1] == WAV
    assert names.asked == ["rebind.example"]
    assert origin.seen[0].headers["host"] == f"rebind.example:{origin.port}"
    with refused("media-forbidden-address"):
        got(client, origin.url("/a", host="rebind.example"))
    assert len(origin.seen) == 1


def test_one_inside_address_among_several_forbids_the_name(origin: Origin) -> None:
    names = Names(mixed_example=[["127.0.0.1", "10.0.0.1"]])
    with refused("media-forbidden-address"):
        got(fetcher(names), origin.url("/a", host="mixed.example"))
    assert origin.seen == []


def test_the_next_address_is_tried_where_no_connection_comes_about(origin: Origin) -> None:
    guard = Guard(AddressPolicy(allow_private=True), Names(two_example=[["127.0.0.9", "127.0.0.1"]]))
    origin.routes["/a"] = answer(WAV)
    assert got(Fetcher(guard, QUICK), origin.url("/a", host="two.example"))[1] == WAV


def test_an_unknown_name_and_a_shut_port_are_said_as_such(origin: Origin) -> None:
    with refused("media-unreachable") as errors:
        got(fetcher(), "http://nowhere.example/a")
    assert errors[0].message == "nowhere.example: the name cannot be resolved"
    origin.stop()
    with refused("media-unreachable") as errors:
        got(fetcher(), origin.url("/a"))
    assert errors[0].message == f"127.0.0.1: no connection to port {origin.port}"


def test_a_resolver_that_hangs_is_given_up() -> None:
    def hanging(_host: str, _port: int, _owner: str) -> list[str]:
        Event().wait()
        return []

    guard = Guard(AddressPolicy(), hanging, resolve_timeout_s=0.02)
    with refused("media-timeout"):
        got(Fetcher(guard, QUICK), "http://slow.example/")


def test_redirects_end_at_their_limit(origin: Origin) -> None:
    for hop in range(6):
        origin.routes[f"/{hop}"] = redirect(f"/{hop + 1}")
    origin.routes["/5"] = answer(WAV)
    assert got(fetcher(), origin.url("/0"))[1] == WAV
    with refused("media-too-many-redirects"):
        got(fetcher(), origin.url("/0"), replace(QUICK, max_redirects=4))


def test_a_redirect_without_location_is_an_answer(origin: Origin) -> None:
    origin.routes["/a"] = answer(b"x", "302 Found")
    reply, body = got(fetcher(), origin.url("/a"))
    assert (reply.status, body) == (302, b"")


def test_a_location_in_raw_utf8_is_followed(origin: Origin) -> None:
    origin.routes["/a"] = redirect("/\u00fc.wav")
    origin.routes["/%C3%BC.wav"] = answer(WAV)
    assert got(fetcher(), origin.url("/a"))[1] == WAV


def test_credentials_stay_with_their_origin(origin: Origin) -> None:
    other = Origin()
    origin.routes["/a"] = redirect("/b")
    origin.routes["/b"] = redirect(other.url("/c"))
    other.routes["/c"] = redirect(f"http://eve:evil@127.0.0.1:{origin.port}/d")
    url = origin.url("/a").replace("//", "//me:s%C3%A9cret@")
    request = Request(url, headers={"Cookie": "c=1", "X-App": "1"})
    fetcher().fetch(request, lambda _chunk: None)
    other.stop()
    first, second, back = origin.seen
    assert first.headers["authorization"] == second.headers["authorization"] == "Basic bWU6c8OpY3JldA=="
    assert first.headers["cookie"] == "c=1"
    for seen in (other.seen[0], back):
        assert "authorization" not in seen.headers
        assert "cookie" not in seen.headers
        assert seen.headers["x-app"] == "1"


def test_a_post_becomes_a_get_at_302_and_stays_itself_at_307(origin: Origin) -> None:
    origin.routes["/kept"] = redirect("/end", "307 Temporary Redirect")
    origin.routes["/turned"] = redirect("/end", "302 Found")
    origin.routes["/end"] = answer(b"ok")
    for path in ("/kept", "/turned"):
        request = Request(origin.url(path), "POST", {"Content-Type": "text/plain"}, b"body")
        fetcher().fetch(request, lambda _chunk: None)
    kept, turned = origin.seen[1], origin.seen[3]
    assert (kept.method, kept.body, kept.headers["content-type"]) == ("POST", b"body", "text/plain")
    assert (turned.method, turned.body) == ("GET", b"")
    assert "content-type" not in turned.headers


def test_tls_is_verified_for_the_name_while_the_address_is_connected_to() -> None:
    served: list[str | None] = []
    authority = trustme.CA()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("audio.example").configure_cert(server_tls)
    server_tls.sni_callback = lambda _socket, name, _context: served.append(name)
    client_tls = ssl.create_default_context()
    authority.configure_trust(client_tls)
    client_tls.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    origin = Origin(server_tls)
    origin.routes["/a"] = answer(WAV)
    names = Names(audio_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])
    client = fetcher(names, tls=client_tls)
    assert got(client, origin.url("/a", "audio.example", "https"))[1] == WAV
    assert served == ["audio.example"]
    with refused("media-unreachable") as errors:
        got(client, origin.url("/a", "other.example", "https"))
    assert "Hostname mismatch" in errors[0].message
    with refused("media-unreachable"):
        got(fetcher(names), origin.url("/a", "audio.example", "https"))  # a stranger's root
    wait_for(lambda: len(origin.seen) == 1, "one request, and no more, got through")
    origin.stop()
