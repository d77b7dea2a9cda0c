"""A web server of the outside for these tests: each path is a function that writes raw bytes."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from gevent.server import StreamServer
from gevent.socket import socket

from gateway.errors import MediaError
from gateway.media.addresses import AddressPolicy
from gateway.media.fetch import Fetched, Fetcher, Limits, Request
from gateway.media.guard import Guard

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(100)
MP3 = b"ID3\x04" + bytes(100)
QUICK = Limits(max_bytes=4096, first_byte_timeout_s=3.0, total_timeout_s=4.0, connect_timeout_s=1.0)


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Route = Callable[[Seen, socket], None]


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> Route:
    """`content_type="x"` becomes Content-Type."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {"Content-Length": str(len(body)), **given}
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in given.items())

    def route(_seen: Seen, connection: socket) -> None:
        connection.sendall(head.encode("utf-8") + b"\r\n" + body)

    return route


def redirect(location: str, status: str = "302 Found") -> Route:
    return answer(status=status, location=location)


class Origin:
    """Listens on 127.0.0.1; what it was asked is in `seen`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {}
        self.seen: list[Seen] = []
        options = {"ssl_context": tls} if tls else {}
        self._server = StreamServer(("127.0.0.1", 0), self._serve, **options)
        self._server.start()
        self.port: int = self._server.server_port

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def stop(self) -> None:
        self._server.stop(timeout=0)

    def _serve(self, connection: socket, _address: object) -> None:
        with connection, connection.makefile("rb") as stream:
            method, path, _ = stream.readline().decode().split(" ")
            headers = dict(_headers(iter(stream.readline, b"\r\n")))
            seen = Seen(method, path, headers, stream.read(int(headers.get("content-length", 0))))
            self.seen.append(seen)
            route = self.routes.get(path.partition("?")[0], answer(b"nothing here", "404 Not Found"))
            with suppress(OSError):  # the client hung up, as many of these tests want
                route(seen, connection)


def _headers(lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        yield name.lower(), value.strip()


class Names:
    """A resolver: each name has its answers, given one after the other; the last one stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self._answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int, _owner: str) -> list[str]:
        self.asked.append(host)
        if host not in self._answers:
            raise OSError("no such name")
        given = self._answers[host]
        return given.pop(0) if len(given) > 1 else given[0]


class FakeClock:
    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms

    def pass_s(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


def fetcher(names: Names | None = None, limits: Limits = QUICK, tls: ssl.SSLContext | None = None) -> Fetcher:
    """127.0.0.1 stands for the public internet; every other inside address is forbidden as it is outside."""
    guard = Guard(AddressPolicy(allowed=["127.0.0.1"]), names or Names())
    return Fetcher(guard, limits, tls)


def got(client: Fetcher, url: str, limits: Limits | None = None) -> tuple[Fetched, bytes]:
    body = bytearray()
    return client.fetch(Request(url), body.extend, limits), bytes(body)


@contextmanager
def refused(error_id: str) -> Iterator[list[MediaError]]:
    """The block must raise MediaError with this id; the list then holds it."""
    caught: list[MediaError] = []
    try:
        yield caught
    except MediaError as error:
        assert error.error_id == error_id, f"{error.error_id}: {error.message}"
        caught.append(error)
    else:
        raise AssertionError(f"nothing was refused, expected {error_id}")
