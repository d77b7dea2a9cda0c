"""A connection kept up for ever: it dials, sets up, watches, backs off and dials again."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import gevent
from gevent.event import Event

from gateway.errors import GatewayError, SwitchError, SwitchUnavailable
from gateway.switch.commands import Ping
from gateway.switch.connection import EslConnection

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LinkLimits:
    """`silence_limit_s`: a peer that sends nothing so long, though asked several times, is dead."""

    connect_timeout_s: float = 5.0
    silence_limit_s: float = 10.0
    backoff_first_s: float = 0.2
    backoff_most_s: float = 5.0


class Link:
    """`set_up` runs on each new connection before it is offered; `held_by` says why not to dial yet, or ''."""

    def __init__(
        self,
        name: str,
        limits: LinkLimits,
        make: Callable[[], EslConnection],
        set_up: Callable[[EslConnection], None],
        held_by: Callable[[], str] = lambda: "",
    ) -> None:
        self.name = name
        self.state = "not started"
        self._limits = limits
        self._make = make
        self._set_up = set_up
        self._held_by = held_by
        self._connection: EslConnection | None = None
        self._stopping = Event()
        self._greenlet: gevent.Greenlet | None = None

    @property
    def connected(self) -> bool:
        return self._connection is not None and self._connection.connected

    @property
    def connection(self) -> EslConnection:
        """The live connection, or SwitchUnavailable with the reason."""
        if self._connection is None or not self._connection.connected:
            raise SwitchUnavailable(f"no connection to the switch ({self.name}: {self.state})")
        return self._connection

    def start(self) -> None:
        if self._greenlet is None:
            self.state = "connecting"
            self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        self._stopping.set()
        if self._greenlet is not None:
            self._greenlet.kill(timeout=self._limits.connect_timeout_s)
        if self._connection is not None:
            self._connection.stop()
        self.state = "stopped"

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            if reason := self._held_by():
                self.state = f"waiting: {reason}"
                self._stopping.wait(self._limits.backoff_first_s)
                continue
            lived_s = self._live_once()
            # A connection that comes up and dies at once is backed off from like one that never came.
            failures = 0 if lived_s >= self._limits.backoff_most_s else failures + 1
            self._stopping.wait(self._backoff_s(failures))

    def _backoff_s(self, failures: int) -> float:
        most = self._limits.backoff_first_s * 2.0 ** min(max(failures - 1, 0), 16)
        # Jittered, so that many gateways do not dial a restarted switch in step.
        return min(most, self._limits.backoff_most_s) * random.uniform(0.5, 1.0)

    def _live_once(self) -> float:
        """One connection from dialling to its end; returns how long it was up."""
        connection = self._make()
        started_at = time.monotonic()
        try:
            connection.connect(self._limits.connect_timeout_s)
            self._set_up(connection)
        except GatewayError as error:
            connection.stop()
            self._note(error.message)
            return 0.0
        except BaseException:
            connection.stop()
            raise
        self._connection = connection
        self.state = "connected"
        log.info("%s: connected", self.name)
        self._watch(connection)
        self._note(connection.lost_reason)
        return time.monotonic() - started_at

    def _note(self, reason: str) -> None:
        if reason != self.state:
            log.warning("%s: %s", self.name, reason)
        self.state = reason

    def _watch(self, connection: EslConnection) -> None:
        """Until it is lost. A half-dead TCP connection says nothing, so a silent one is asked, then dropped.

        Time in which our own loop stood still does not count: what the switch said in it is there, but not read yet.
        """
        limit_s = self._limits.silence_limit_s
        step_s = pause_s = limit_s / 4
        heard_at, deaf_s, due_at = connection.last_received_at, 0.0, time.monotonic() + pause_s
        while not connection.lost.wait(pause_s):
            now = time.monotonic()
            if connection.last_received_at != heard_at:
                heard_at, deaf_s = connection.last_received_at, 0.0
            deaf_s += max(0.0, now - max(due_at, heard_at))
            silent_s = now - heard_at - deaf_s
            if silent_s >= limit_s:
                connection.lose(f"silent for {silent_s:.1f} s")
            elif silent_s >= step_s:
                self._ping(connection, step_s)
            pause_s = min(step_s, max(0.0, limit_s - silent_s))
            due_at = time.monotonic() + pause_s

    def _ping(self, connection: EslConnection, timeout_s: float) -> None:
        try:
            connection.post(f"api {Ping().text}", timeout_s)
        except SwitchError as error:
            connection.lose(f"cannot be asked: {error.message}")
