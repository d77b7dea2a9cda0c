"""One ESL connection: requests go in and come back as replies in order; events go to the owner's callable.

The one subclass of greenswitch 0.0.19, with its faults mended: what each mend is for stands beside it.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent import socket
from gevent.event import Event
from gevent.lock import BoundedSemaphore
from greenswitch.esl import InboundESL

from gateway.errors import SwitchError, SwitchTimeout, SwitchUnavailable, UnsafeArgument
from gateway.switch import frames
from gateway.switch.frames import BadFrame, Frame, FrameKind, FrameParser
from gateway.switch.replies import Reply
from gateway.switch.waiters import Waiter, Waiters

log = logging.getLogger(__name__)

_READ_BYTES = 262_144
_GATHER_S = 0.001
STOP_LIMIT_S = 1.0


@dataclass
class SwitchCounters:
    """What happened on a node's connections since the start; read for /metrics."""

    events: int = 0
    bad_frames: int = 0
    late_replies: int = 0
    stray_replies: int = 0
    connects: int = 0
    losses: int = 0
    overflows: int = 0


class EslConnection(InboundESL):  # type: ignore[misc]  # greenswitch has no types
    """Lives from connect() until it is lost or stopped; never connects twice."""

    def __init__(
        self,
        host: str,
        port: int,
        password: str,
        *,
        on_event: Callable[[frames.Event], None],
        on_lost: Callable[[str], None],
        counters: SwitchCounters,
        reply_timeout_s: float = 5.0,
        max_frame_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        super().__init__(host, port, password)
        self.sock: Any = None
        self.lost = Event()
        self.lost_reason = ""
        self.last_received_at = 0.0
        self._on_event = on_event
        self._on_lost = on_lost
        self._counters = counters
        self._reply_timeout_s = reply_timeout_s
        self._parser = FrameParser(max_frame_bytes)
        self._waiters = Waiters()
        self._sending = BoundedSemaphore(1)

    def connect(self, timeout_s: float = 5.0) -> None:
        """Dial and log in within `timeout_s`, or raise SwitchUnavailable."""
        deadline = time.monotonic() + timeout_s
        try:
            # create_connection, as greenswitch's own socket is IPv4 only.
            self.sock = socket.create_connection((self.host, self.port), timeout_s)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock.settimeout(None)
        except (OSError, UnicodeError) as error:
            raise SwitchUnavailable(f"cannot connect: {error}") from error
        self.connected = True
        self.last_received_at = time.monotonic()
        self.start_event_handlers()
        try:
            self.authenticate(deadline)
        except BaseException:
            self.stop()
            raise

    def authenticate(self, deadline: float) -> None:
        # greenswitch waits without a limit for a greeting that a dead switch never sends.
        if not self._auth_request_event.wait(max(0.0, deadline - time.monotonic())):
            raise SwitchUnavailable("the switch did not greet in time")
        if not self.connected:
            raise SwitchUnavailable(self.lost_reason)
        try:
            reply = self.request(f"auth {self.password}", max(0.001, deadline - time.monotonic()))
        except SwitchError as error:
            raise SwitchUnavailable(f"login without answer: {self.lost_reason or error.message}") from error
        if reply.text != "+OK accepted":
            raise SwitchUnavailable("the switch refused the password")

    def request(
        self,
        text: str,
        timeout_s: float | None = None,
        on_reply: Callable[[Reply], None] | None = None,
    ) -> Reply:
        """Send a command (many may be under way) and wait for its own reply.

        `on_reply` is called by the reader at the reply's place in the stream, before any event behind it.
        SwitchUnavailable: nothing was written. SwitchTimeout: it may have run.
        """
        limit_s = self._reply_timeout_s if timeout_s is None else timeout_s
        deadline = time.monotonic() + limit_s
        return self._waiters.wait(self._write(text, deadline, on_reply), limit_s, deadline)

    def post(self, text: str, timeout_s: float) -> None:
        """Send a command whose reply nobody waits for."""
        self._write(text, time.monotonic() + timeout_s, None)

    def send(self, data: str) -> Reply:
        """greenswitch's own name; there it waits for ever when the socket drops."""
        return self.request(data)

    def _write(self, text: str, deadline: float, on_reply: Callable[[Reply], None] | None) -> Waiter:
        data = _encoded(text)
        # One writer at a time: on a full socket the pieces of two commands would mix.
        if not self._sending.acquire(timeout=max(0.001, deadline - time.monotonic())):
            raise SwitchUnavailable("the switch takes no more commands: nothing was sent")
        try:
            if not self.connected:
                raise SwitchUnavailable(f"not connected: {self.lost_reason or 'never was'}")
            waiter = self._waiters.add(on_reply)
            self._write_bytes(data, deadline)
        finally:
            self._sending.release()
        return waiter

    def _write_bytes(self, data: bytes, deadline: float) -> None:
        written = 0
        try:
            written = self._write_at_once(data)
            if written < len(data):
                with gevent.Timeout(max(0.001, deadline - time.monotonic()), False):
                    # greenswitch trusts one send() to take all.
                    while written < len(data):
                        written += self.sock.send(data[written:])
            if written == len(data):
                return
            reason = "the switch takes no more commands"
        except OSError as error:
            reason = f"cannot write: {error}"
        except BaseException:
            self.lose("a command was cut off in the middle")
            raise
        # Half a command stands on the wire, or nobody reads: nothing sane can follow on this connection.
        self.lose(reason)
        if written:
            raise SwitchTimeout(f"{reason}; it may have run")
        raise SwitchUnavailable(f"{reason}; nothing was sent")

    def _write_at_once(self, data: bytes) -> int:
        """What the socket takes without waiting, nearly always all: then no timer is needed."""
        try:
            return int(self.sock.send(data, 0, 0.0))
        except BlockingIOError:
            return 0

    def start_event_handlers(self) -> None:
        # No process_events greenlet (it polls once a second): events go straight to the owner.
        self._receive_events_greenlet = gevent.spawn(self.receive_events)
        gevent.spawn(self._waiters.watch)

    def receive_events(self) -> None:
        """Reads at once, always, so that the switch's own queue never grows."""
        reason = "the reader failed"
        try:
            space = memoryview(bytearray(_READ_BYTES))  # one for all: to make one for each reading costs more
            while length := self.sock.recv_into(space):
                self.last_received_at = time.monotonic()
                received = self._parser.feed(space[:length])
                for frame in received:
                    self.handle_event(frame)
                    if not self.connected:
                        return
                if length == _READ_BYTES or _is_burst(received):
                    # The switch writes each event in two pieces, and waking for each costs more than reading it.
                    # Nothing waits for it but the kernel's buffer; and while bytes are there recv_into does not yield.
                    gevent.sleep(_GATHER_S)
            cut = self._parser.pending_bytes
            reason = f"closed by the switch in the middle of a frame ({cut} bytes)" if cut else "closed by the switch"
        except OSError as error:
            reason = f"socket error: {error}"
        finally:
            # Whatever ends the reader ends the connection: greenswitch kept `connected` True without one.
            self.lose(reason)

    def handle_event(self, frame: Frame | BadFrame) -> None:
        if isinstance(frame, BadFrame):
            self._counters.bad_frames += 1
            log.warning("bad frame from the switch: %s: %r", frame.reason, frame.sample)
            if frame.fatal:
                self.lose(frame.reason)
        elif frame.event is not None:
            self._counters.events += 1
            self._on_event(frame.event)
        elif frame.kind in (FrameKind.COMMAND_REPLY, FrameKind.API_RESPONSE):
            self._answer(Reply(frame.body))
        elif frame.kind is FrameKind.AUTH_REQUEST:
            self._auth_request_event.set()
        elif frame.kind is FrameKind.REJECTION:
            self.lose(f"the switch refuses this address: {frame.body.strip()!r}")
        elif frame.kind is FrameKind.DISCONNECT and frame.headers.get("Content-Disposition") != "linger":
            self.lose(f"the switch hung up: {frame.body.strip()!r}")

    def _answer(self, reply: Reply) -> None:
        waiter = self._waiters.next()
        if waiter is None:
            self._counters.stray_replies += 1
            log.warning("a reply that nobody asked for: %r", reply.text[:200])
        elif waiter.abandoned:
            self._counters.late_replies += 1
        else:
            waiter.take(reply)

    def lose(self, reason: str) -> None:
        """The end of this connection, whoever notices it first: every waiter is failed at once."""
        if self.lost.is_set():
            return
        self.lost_reason = reason
        self.connected = False
        self.lost.set()
        if self.sock is not None:
            self.sock.close()
        message = f"the connection was lost before the reply ({reason}); it may have run"
        self._waiters.end(lambda: SwitchTimeout(message))
        self._auth_request_event.set()
        self._on_lost(reason)

    def stop(self) -> None:
        self.lose("stopped")
        if self._receive_events_greenlet is not None:
            self._receive_events_greenlet.join(timeout=STOP_LIMIT_S)


def _is_burst(received: list[Frame | BadFrame]) -> bool:
    return len(received) > 1 and isinstance(last := received[-1], Frame) and last.event is not None


def _encoded(text: str) -> bytes:
    """The last guard of all: an empty line would start a second command."""
    if "\n\n" in text or text.endswith("\n") or "\r" in text or "\0" in text:
        raise UnsafeArgument("a command may not hold an empty line, a carriage return or NUL")
    return (text + "\n\n").encode("utf-8")
