"""HTTP/1.1 POSTs to one origin over kept-alive sockets. In: a request as bytes. Out: an Attempt, whatever happens.

geventhttpclient parses all but the plainest answers; the sockets are our own, because each must be checked before it
is used.
"""

import base64
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from typing import Any
from urllib.parse import unquote, urlsplit

import gevent
from gevent import socket, ssl
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketResponse

from gateway.media.addresses import as_sent
from gateway.media.names import Found
from gateway.time_limits import OutOfTime, TimeLimits
from gateway.webhooks.answers import plain_status
from gateway.webhooks.retry import Attempt

# Of one answer, be it its head, interim ones before it, a body that nobody reads, or what chunks have beside data. Time
# limits do not help there: a socket that always has something never lets the loop have its turn.
MAX_ANSWER_BYTES = 65_536
DRAIN_TIMEOUT_S = 1.0
MAX_IDLE_SOCKETS = 48
_READ_BYTES = 16_384
_READABLE = 1  # libev's EV_READ
_TCP_INFO = getattr(socket, "TCP_INFO", None)  # Linux has it
_TCP_ESTABLISHED = 1  # linux/tcp_states.h
_FINAL = 200  # below it an answer is interim, and another follows
_LIMITS = TimeLimits()
Refuses = Callable[[str, int, str], bool]
_UNFIT = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True)
class Timeouts:
    total_s: float = 10.0
    connect_s: float = 5.0


@dataclass(frozen=True)
class Origin:
    """Where a URL points, and the request line and Host as it says them. ValueError or MediaError for an unfit one."""

    host: str
    port: int
    tls: bool
    opening: str

    @classmethod
    def of(cls, url: str, method: str = "POST") -> "Origin":
        url = as_sent(url)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or _UNFIT.search(url):
            raise ValueError("the URL is not an http(s) URL that can be sent")
        tls = parts.scheme == "https"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.netloc.rpartition("@")[2]
        opening = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n"
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            opening += f"Authorization: Basic {base64.b64encode(user.encode()).decode()}\r\n"
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, opening)


@lru_cache(maxsize=128)
def _arrived(status: int) -> Attempt:
    return Attempt(status)


class _Answer(HTTPSocketResponse):  # type: ignore[misc, unused-ignore]
    """Status and headers are kept, the body is let go. What follows a whole answer is nobody's."""

    def __init__(self, sock: Any, begun: bytes) -> None:
        self._taken = 0  # bytes
        self._whole = 0  # the status of an answer that is all here
        self._surplus = False
        super().__init__(sock, block_size=_READ_BYTES, method="POST", pre_buffered=begun)

    @property
    def status(self) -> int:
        return self._whole or int(self.get_code())

    def should_close(self) -> bool:
        return self._surplus or bool(super().should_close())

    def feed(self, data: str | bytes) -> None:
        self._taken += len(data)
        if self._taken > MAX_ANSWER_BYTES:
            raise HTTPParseError(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
        try:
            super().feed(data)
        except HTTPParseError:
            if not self._whole:
                raise
            self.headers_complete = self.message_complete = self._surplus = True

    def _on_body(self, buf: bytes | bytearray) -> None:
        pass

    def _on_message_begin(self) -> None:
        if self._whole:
            raise HTTPParseError("a second answer to one request")
        super()._on_message_begin()

    def _on_message_complete(self) -> None:
        code = int(self.get_code())
        self._whole = code if code >= _FINAL else 0
        super()._on_message_complete()


class _Wire:
    """One socket, and for a plain one what tells that it can be read: asked first, it nearly never could."""

    __slots__ = ("_readable", "sock")

    def __init__(self, sock: Any, tls: bool) -> None:
        self.sock = sock
        self._readable = None if tls else gevent.get_hub().loop.io(sock.fileno(), _READABLE)

    def is_fit(self) -> bool:
        """Still open, and nothing there to be taken for the answer to what is sent next.

        Over TLS it is not asked: there tickets may be waiting.
        """
        if self._readable is None:
            return True
        try:
            self.sock._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def is_open(self) -> bool:
        """Whether the other side has not closed it. Over TLS the kernel tells: what was sent last hides the end."""
        if self._readable is not None or _TCP_INFO is None:
            return self.is_fit()
        try:
            return bool(self.sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)[0] == _TCP_ESTABLISHED)
        except OSError:
            return False

    def first_bytes(self) -> bytes:
        """Of an answer. Raises HTTPConnectionClosed when the other side has closed instead."""
        if self._readable is not None:
            gevent.get_hub().wait(self._readable)
        data: bytes = self.sock.recv(_READ_BYTES)
        if not data:
            raise HTTPConnectionClosed("connection closed.")
        return data

    def close(self) -> None:
        if self._readable is not None:
            self._readable.close()
        self.sock.close()


def _found(host: str, port: int) -> Found:
    found: Found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    return found


class Connections:
    """The sockets to one origin. `refuses(host, port, ip)` says which of what `find` gives is not connected to."""

    def __init__(
        self,
        origin: Origin,
        timeouts: Timeouts,
        refuses: Refuses,
        tls: Callable[[], ssl.SSLContext],
        find: Callable[[str, int], Found] = _found,
    ) -> None:
        self._origin = origin
        self._timeouts = timeouts
        self._refuses = refuses
        self._tls = tls
        self._find = find
        self._idle: list[_Wire] = []
        self._closed = False

    def post(self, request: bytes, limit_s: float) -> Attempt:
        """One attempt. A kept-alive socket that the other side had closed already does not count as one."""
        _LIMITS.begin(min(limit_s, self._timeouts.total_s))
        try:
            while True:
                while self._idle and not self._idle[-1].is_fit():
                    self._idle.pop().close()
                kept = bool(self._idle)
                wire = self._idle.pop() if kept else self._connect()
                try:
                    return self._exchange(wire, request)
                except (HTTPConnectionClosed, ConnectionResetError, BrokenPipeError):
                    wire.close()
                    if not kept:
                        raise
                except BaseException:
                    wire.close()
                    raise
        except OutOfTime:
            return Attempt(error="timeout: no answer in time")
        except TimeoutError:
            return Attempt(error="timeout: no connection or no first byte in time")
        except (OSError, HTTPException, UnicodeError) as error:
            return Attempt(error=f"{type(error).__name__}: {error}"[:200])
        finally:
            _LIMITS.end()

    def prune(self) -> None:
        """Now and then: the last one kept is the first one used, so those below it are not looked at for hours."""
        shut = [wire for wire in self._idle if not wire.is_open()]
        for wire in shut:
            self._idle.remove(wire)
            wire.close()

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _exchange(self, wire: _Wire, request: bytes) -> Attempt:
        sock = wire.sock
        sent = sock.send(request)  # nearly always all of it: sendall would ask for the buffer's size each time
        if sent < len(request):
            sock.sendall(request[sent:])
        data = wire.first_bytes()
        if status := plain_status(data):
            self._keep(wire)
            return _arrived(status)
        answer = _Answer(sock, data)
        retry_after = answer.get("retry-after") or ""
        attempt = Attempt(answer.status, "", retry_after if isinstance(retry_after, str) else retry_after[0])
        if not answer.message_complete:
            self._drain(sock, answer)
        if answer.should_close():
            wire.close()
        else:
            self._keep(wire)
        return attempt

    def _keep(self, wire: _Wire) -> None:
        if self._closed or len(self._idle) >= MAX_IDLE_SOCKETS:
            wire.close()
        else:
            self._idle.append(wire)

    def _drain(self, sock: Any, answer: _Answer) -> None:
        """The status stands whatever becomes of the body."""
        with suppress(OutOfTime), gevent.Timeout(DRAIN_TIMEOUT_S, False):
            try:
                while not answer.message_complete:
                    data = sock.recv(_READ_BYTES)
                    answer.feed(data)
                    if not data:
                        return
            except (OSError, HTTPException):
                return

    def _connect(self) -> _Wire:
        origin = self._origin
        error: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in self._find(origin.host, origin.port):
            if self._refuses(origin.host, origin.port, address[0]):
                where = f"{origin.host} is a private address, or port {origin.port} is not for HTTP"
                error = OSError(f"address-not-allowed: {where} (GATEWAY_ALLOWED_ADDRESSES)")
                continue
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._timeouts.connect_s)
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if origin.tls:
                    sock = self._tls().wrap_socket(sock, server_hostname=origin.host)
                sock.settimeout(None)  # the attempt as a whole has its limit: a timer for each read would be one more
            except OSError as failure:
                sock.close()
                error = failure
            except BaseException:
                sock.close()
                raise
            else:
                return _Wire(sock, origin.tls)
        raise error
