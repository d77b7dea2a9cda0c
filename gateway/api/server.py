"""The HTTP server: gevent's pywsgi with TCP_NODELAY, without which a keep-alive POST takes 44 ms."""

import logging
import re
import socket
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

import gevent
from gevent.event import Event as Signal
from gevent.pywsgi import Input, WSGIHandler, WSGIServer, format_date_time

from gateway.api.chunks import Chunks
from gateway.api.http_lines import Headers, HeadTooLarge, Lines
from gateway.errors import ConfigError
from gateway.time_limits import give_way

log = logging.getLogger(__name__)
BACKLOG = 1024
MAX_CONNECTIONS = 8192
IDLE_S = 75.0  # between an answer and the end of the next request's head, however slowly that comes
BODY_S = 30.0  # from the head's end to the body's end,
BODY_BYTES_PER_S = 65_536  # and a second more for as many as have come: a recording takes longer than an order
LOOK_EVERY_S = 5.0
TURN_S = 0.005  # within a turn of the loop; who has had one request answered in it then waits for the next turn
TURN_BYTES = 1_048_576  # of a long answer; then others have theirs
UNREAD_BYTES = 65_536  # of a body that nobody wanted are read off; with more the connection ends
ONE_PACKET_BYTES = 16_384
# pywsgi cuts the line at whatever Python takes for white space, and still takes HTTP/0.9.
_REQUEST_LINE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.[01]\r?\n")
_END = b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request" + _END
_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large" + _END


class _Handler(WSGIHandler):  # type: ignore[misc]
    """Requests are logged by nobody here: webhooks and metrics tell what happened."""

    waiting_since: float | None = None  # for a request; monotonic
    body_since: float = 0.0  # the end of the head
    written_bytes: int = 0  # of a long answer, since others had their turn
    turn: int | None = None  # of the loop, in which the request before this one was begun
    wsgi_input: Input

    def handle(self) -> None:
        self.socket.settimeout(IDLE_S)  # a client that says nothing, or half a request, is not waited for for ever
        self.waiting_since = time.monotonic()
        self.server.handlers.add(self)
        try:
            super().handle()
        finally:
            self.server.handlers.discard(self)

    def read_request(self, line: str) -> bool:
        if not _REQUEST_LINE.fullmatch(line):
            raise ValueError("the first line is not one of HTTP/1.1")
        return super().read_request(line)  # type: ignore[no-any-return]

    def get_environ(self) -> dict[str, Any]:
        self.waiting_since = None
        self.body_since = time.monotonic()
        environ: dict[str, Any] = super().get_environ()
        if self.wsgi_input.chunked_input:
            self.wsgi_input = environ["wsgi.input"] = Chunks(self.rfile, self.wsgi_input.socket)
            self.close_connection |= self.request_version != "HTTP/1.1"  # which knows no chunks: RFC 9112, 6.1
        return environ

    def _connection_upgrade_requested(self) -> bool:
        """There is nothing to upgrade to; pywsgi would read such a body twice, the second time out of what follows."""
        return False

    def _give_way_after_many(self) -> None:
        """A client whose next request is always there is never waited for: now and then all others have a turn."""
        server, turn = self.server, self.server.loop.iteration
        if turn != server.turn:
            server.turn, server.turn_since = turn, self.body_since
        elif turn == self.turn and self.body_since - server.turn_since > TURN_S:
            give_way()
            turn = server.loop.iteration
        self.turn = turn

    def run_application(self) -> None:
        self._give_way_after_many()
        try:
            super().run_application()
        finally:
            self.waiting_since = time.monotonic()
            body = self.wsgi_input
            if body.chunked_input or (body.content_length or 0) > body.position:
                self._end_unread(body)

    def is_late(self, now: float) -> bool:
        """The rest of a request has not come in time."""
        if self.waiting_since is not None:
            return now - self.waiting_since > IDLE_S
        body = self.wsgi_input
        if body is None:
            return False
        whole = body.chunk_length == 0 if body.chunked_input else body.position >= (body.content_length or 0)
        return not whole and now - self.body_since > BODY_S + float(body.position) / BODY_BYTES_PER_S

    def _end_unread(self, body: Input) -> None:
        """What is left of a body nobody wanted is read off, up to a limit; behind a faulty one nothing is read."""
        left = UNREAD_BYTES if body.socket is None else 0  # 0: it waits for a 100 Continue, and may never send it
        try:
            while left > 0 and not body._chunked_input_error and (data := body.read(min(left, ONE_PACKET_BYTES))):
                left -= len(data)
        except (OSError, ValueError):
            body._chunked_input_error = True
        if body._chunked_input_error or left <= 0:
            body._chunked_input_error = True  # pywsgi then discards nothing
            self.close_connection = True

    def _handle_client_error(self, error: Exception) -> tuple[str, bytes]:
        """Whoever scans the port is no error of ours, nor worth a traceback."""
        log.info("%s: not a request: %s", self.client_address, str(error)[:200])
        return ("431", _HEAD_TOO_LARGE) if isinstance(error, HeadTooLarge) else ("400", _BAD_REQUEST)

    def handle_error(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, TimeoutError):  # a client that takes its answer too slowly
            log.info("%s: no answer taken for %g s", self.client_address, IDLE_S)
            self.close_connection = True
        else:
            super().handle_error(kind, error, trace)

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

    def _write(self, data: bytes) -> None:
        """Of a long answer, a file: who takes it as fast as we read it is never waited for."""
        super()._write(data)
        self.written_bytes += len(data)
        if self.written_bytes >= TURN_BYTES:
            self.written_bytes = 0
            give_way()

    def _sendall(self, data: bytes) -> None:
        sent: int = self.socket.send(data)  # nearly always all of it: sendall asks for the buffer's size each time
        self.response_length += sent
        if sent < len(data):
            super()._sendall(data[sent:])


class _Server(WSGIServer):  # type: ignore[misc]
    """Ends connections whose request does not come."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.handlers: set[_Handler] = set()
        self.turn: int | None = None  # of the loop, the last one in which a request was begun, the first of them then
        self.turn_since = 0.0
        self._watch: gevent.Greenlet | None = None

    def start(self) -> None:
        super().start()
        self._watch = gevent.spawn(self._end_slow)

    def stop(self, timeout: float | None = None) -> None:
        if self._watch is not None:
            self._watch.kill()
        super().stop(timeout)

    def _end_slow(self) -> None:
        """Each byte is waited for anew: one a minute would hold a connection for days, and all of them all of ours."""
        while True:
            gevent.sleep(LOOK_EVERY_S)
            now = time.monotonic()
            for handler in [one for one in self.handlers if one.is_late(now)]:
                try:
                    handler.socket.shutdown(socket.SHUT_RD)
                except (OSError, AttributeError):  # it ends by itself at this moment
                    continue


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
        self._server = _Server(
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
