"""One Event Socket connection: authenticates, runs commands, sends replies before the events that they cause."""

import itertools
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

import gevent
from gevent import socket
from gevent.event import Event as Wakeup

from gateway.simulator import wire
from gateway.simulator.core import new_uuid
from gateway.simulator.events import Event, Pair
from gateway.simulator.faults import Faults
from gateway.simulator.options import Options
from gateway.simulator.subscription import Subscription
from gateway.simulator.switchboard import MAKER
from gateway.simulator.wire import Command

log = logging.getLogger(__name__)
_ids = itertools.count(1)
BATCH = 128  # events written at once


class Host(Protocol):
    """The switch, as a connection sees it."""

    options: Options
    faults: Faults

    def run_api(self, line: str) -> str: ...

    def send_message(self, uuid: str, command: Command) -> str: ...

    def send_event(self, name: str, command: Command) -> str: ...

    def tell(self, name: str, *pairs: Pair, body: str | None = None) -> None: ...

    def console_came(self, listener: "Listener") -> None: ...

    def gone(self, listener: "Listener") -> None: ...


class Listener:
    """Two greenlets: one reads commands, one writes; the queue of events between model and socket is bounded."""

    def __init__(self, host: Host, sock: socket.socket) -> None:
        self.id = next(_ids)
        self.host, self._sock = host, sock
        self.subscription = Subscription()
        self._authed = self._closing = False
        self._replies: deque[bytes] = deque()
        self._events: deque[Event] = deque()
        self._busy = False  # a command is running: its reply comes before its events
        self._lost = 0
        self._wakeup = Wakeup()
        self._writer: gevent.Greenlet | None = None
        self._commands: dict[str, Callable[[Command, str], str | bytes | None]] = {
            "api": self._api,
            "bgapi": self._bgapi,
            "event": self._event,
            "nixevent": lambda command, rest: self.subscription.nix(rest.split()),
            "noevents": self._noevents,
            "filter": lambda command, rest: self.subscription.filter(rest),
            "sendmsg": lambda command, rest: host.send_message(rest or command.headers.get("session-id", ""), command),
            "sendevent": lambda command, rest: host.send_event(rest, command),
            "log": self._log,
            "nolog": lambda command, rest: "-ERR not loging",
            "linger": lambda command, rest: "-ERR not controlling a session",
            "nolinger": lambda command, rest: "-ERR not controlling a session",
            "divert_events": lambda command, rest: "-ERR not controlling a session.",
            "exit": self._exit,
        }

    # -- events in ----------------------------------------------------------------------------------------------

    def wants(self, name: str, subclass: str) -> bool:
        return self._authed and not self._closing and self.subscription.wants(name, subclass)

    def deliver(self, event: Event) -> None:
        if not self.subscription.passes(event):
            return
        if len(self._events) >= self.host.options.queue_limit:
            self._lost += 1
            if self._lost > self.host.options.drops_allowed:
                self.close(wire.LOST_EVENTS)
            return
        self._lost = 0
        self._events.append(event)
        self._wakeup.set()

    # -- the connection -----------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Until the client or the switch ends it."""
        MAKER.set(self.id)
        self._writer = gevent.spawn(self._write)
        self.inject(wire.AUTH_REQUEST)
        reader = wire.CommandReader()
        try:
            while (data := self._sock.recv(65536)) and all(self._handle(command) for command in reader.feed(data)):
                pass
        except (OSError, ValueError) as e:
            log.debug("connection %s ended: %s", self.id, e)
        self._finish()

    def _finish(self) -> None:
        """Give the writer a moment for the last words."""
        if self._closing and self._writer is not None:
            self._writer.join(timeout=2)
        self.drop()

    def close(self, notice: str) -> None:
        """Say why, send what is due, and end."""
        if not self._closing:
            self._closing = True
            self._events.clear() if notice == wire.LOST_EVENTS else None
            self.inject(wire.disconnect_notice(notice))

    def inject(self, data: bytes) -> None:
        self._replies.append(data)
        self._wakeup.set()

    def drop(self) -> None:
        if self._sock.fileno() < 0:
            return
        self._flush_once()
        self._closing = True
        self.host.gone(self)
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError as e:
            log.debug("connection %s was gone already: %s", self.id, e)
        self._sock.close()
        if self._writer is not None and self._writer is not gevent.getcurrent():
            self._writer.kill(block=False)

    def _flush_once(self) -> None:
        """What a fault injected just before the drop goes out, too, if the socket takes it."""
        try:
            self._sock.setblocking(False)
            while self._replies:
                self._sock.send(self._replies.popleft())
        except OSError as e:
            log.debug("connection %s takes no more: %s", self.id, e)

    def _write(self) -> None:
        try:
            while True:
                self._wakeup.wait()
                self._wakeup.clear()
                while self._next_batch():
                    gevent.sleep(0)
                if self._closing and not self._replies:
                    self._sock.shutdown(socket.SHUT_RDWR)
                    return
        except OSError as e:
            log.debug("connection %s broke: %s", self.id, e)
            self._closing = True

    def _next_batch(self) -> bool:
        """Replies first; events only between commands, as the switch does it in one thread."""
        if self._replies:
            data = b"".join(self._replies)
            self._replies.clear()
            self._sock.sendall(data)
            return True
        if not self._events or self._busy or self.host.faults.hangs(self.id):
            return False
        form = self.subscription.form
        batch = [self._events.popleft().frame(form) for _ in range(min(BATCH, len(self._events)))]
        self._sock.sendall(b"".join(batch))
        return True

    # -- commands -----------------------------------------------------------------------------------------------

    def _handle(self, command: Command) -> bool:
        """Whether the connection goes on."""
        faults = self.host.faults
        while faults.hangs(self.id):
            gevent.sleep(0.02)
        if (delay_s := faults.delay_for(self.id)) > 0:
            gevent.sleep(delay_s)
        self._busy = True
        answer = self._answer(command)
        self._busy = False
        if answer is not None:
            self.inject(wire.reply(answer) if isinstance(answer, str) else answer)
        self._wakeup.set()
        return not self._closing

    def _answer(self, command: Command) -> str | bytes | None:
        word, _, rest = command.line.strip().partition(" ")
        if not self._authed and word.lower() != "exit":
            return self._authenticate(word.lower(), rest)
        handler = self._commands.get(word.lower())
        return handler(command, rest.strip()) if handler is not None else "-ERR command not found"

    def _authenticate(self, word: str, password: str) -> bytes | str:
        if word != "auth":
            return "-ERR command not found"
        if password == self.host.options.password:
            self._authed = True
            return "+OK accepted"
        self.inject(wire.reply("-ERR invalid"))
        self.close(wire.GOODBYE)
        return b""

    def _api(self, command: Command, rest: str) -> bytes:
        return wire.api_response(self.host.run_api(rest))

    def _bgapi(self, command: Command, rest: str) -> bytes:
        job = command.headers.get("job-uuid") or new_uuid()
        gevent.spawn(self._job, rest, job)
        return wire.reply(f"+OK Job-UUID: {job}", ("Job-UUID", job))

    def _job(self, line: str, job: str) -> None:
        MAKER.set(self.id)
        name, _, argument = line.partition(" ")
        body = self.host.run_api(line)
        told = (("Job-UUID", job), ("Job-Command", name), *((("Job-Command-Arg", argument),) if argument else ()))
        self.host.tell("BACKGROUND_JOB", *told, body=body)

    def _event(self, command: Command, rest: str) -> str:
        words = rest.split()
        if not self.subscription.all and "ALL" in (word.upper() for word in words[:2]):
            self.host.console_came(self)
        return self.subscription.add(words)

    def _noevents(self, command: Command, rest: str) -> str:
        self.subscription.clear()
        self._events.clear()
        return "+OK no longer listening for events"

    def _log(self, command: Command, rest: str) -> str:
        level = rest or "debug"
        return f"+OK log level {level} [7]"

    def _exit(self, command: Command, rest: str) -> bytes:
        self.inject(wire.reply("+OK bye"))
        self.close(wire.GOODBYE)
        return b""
