"""The HTTP server: gevent's pywsgi with TCP_NODELAY, without which a keep-alive POST takes 44 ms."""

import logging
import socket
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from gevent.event import Event as Signal
from gevent.pywsgi import WSGIHandler, WSGIServer, format_date_time

from gateway.api.http_lines import Headers, Lines
from gateway.errors import ConfigError

log = logging.getLogger(__name__)
BACKLOG = 1024
MAX_CONNECTIONS = 8192
IDLE_S = 75.0
ONE_PACKET_BYTES = 16_384


class _Handler(WSGIHandler):  # type: ignore[misc]
    """Requests are logged by nobody here: webhooks and metrics tell what happened."""

    def handle(self) -> None:
        self.socket.settimeout(IDLE_S)  # a client that says nothing, or half a request, is not waited for for ever
        super().handle()

    def log_request(self) -> None:
        pass

    def MessageClass(self, lines: Lines, _seekable: int) -> Headers:  # noqa: N802 - pywsgi's name for it
        return Headers(lines)

    def _headers(self) -> Iterator[tuple[str, str]]:
        return self.headers.environ()  # type: ignore[no-any-return]

    provided_date: bytes | None

    def finalize_headers(self) -> None:
        if self.provided_date is None:
            self.provided_date = _date(int(time.time()))
            self.response_headers.append((b"Date", self.provided_date))
        super().finalize_headers()

    def _write_with_headers(self, data: bytes) -> None:
        """A short answer is one packet; pywsgi sends the head and the body each with a system call of its own."""
        self.headers_sent = True
        self.finalize_headers()
        lines = [b"HTTP/1.1 " + self.status, *(name + b": " + value for name, value in self.response_headers)]
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        if self.response_use_chunked or len(data) > ONE_PACKET_BYTES:
            self._sendall(head)
            self._write(data)
        else:
            self._sendall(head + data)

    def _sendall(self, data: bytes) -> None:
        sent: int = self.socket.send(data)  # nearly always all of it: sendall asks for the buffer's size each time
        self.response_length += sent
        if sent < len(data):
            super()._sendall(data[sent:])


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return format_date_time(second)  # type: ignore[no-any-return]


class HttpServer:
    """Binds at once, so that the port is known; start() serves; stop() accepts no more and lets requests finish."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            listening.close()
            raise ConfigError(f"GATEWAY_LISTEN: {host}:{port} cannot be used: {error.strerror}") from error
        listening.listen(BACKLOG)
        self._listening = listening
        self._server: Any = None
        self._under_way = 0
        self._idle = Signal()
        self._idle.set()
        self.port: int = listening.getsockname()[1]

    def start(self, app: WSGIApplication) -> None:
        counted = self._counted(app)
        self._server = WSGIServer(
            self._listening, counted, spawn=MAX_CONNECTIONS, handler_class=_Handler, log=None, error_log=log
        )
        self._server.start()

    def _counted(self, app: WSGIApplication) -> WSGIApplication:
        """pywsgi does not wait for requests at its end; so they are counted."""

        def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            self._under_way += 1
            self._idle.clear()
            try:
                return app(environ, start_response)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._idle.set()

        return application

    def stop(self, grace_s: float) -> None:
        if self._server is None:
            self._listening.close()
            return
        self._server.close()
        if not self._idle.wait(grace_s):
            log.warning("%d requests did not finish within %g s", self._under_way, grace_s)
        self._server.stop(timeout=0)
