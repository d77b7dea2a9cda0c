"""One FreeSWITCH: commands go in, replies and the stream of events and marks come out; it reconnects by itself."""

import logging
from collections.abc import Callable, Sequence

from gateway.config import NodeSettings
from gateway.domain.ids import new_uuid
from gateway.errors import SwitchRefused, SwitchUnavailable
from gateway.switch import arguments
from gateway.switch.commands import Command, Kind
from gateway.switch.connection import EslConnection, SwitchCounters
from gateway.switch.frames import Event
from gateway.switch.jobs import Jobs
from gateway.switch.link import Link, LinkLimits
from gateway.switch.replies import Reply
from gateway.switch.stream import Connected, Disconnected, EventStream, StreamItem

log = logging.getLogger(__name__)


class Node:
    """Two connections: one for commands (and its jobs' results), one for the stream of events."""

    def __init__(
        self,
        settings: NodeSettings,
        reply_timeout_s: float = 5.0,
        job_timeout_s: float = 30.0,
        *,
        subscription: Sequence[str],
        limits: LinkLimits | None = None,
        max_backlog_events: int = 200_000,
        max_frame_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self.id = settings.id
        self.counters = SwitchCounters()
        self._settings = settings
        self._reply_timeout_s = reply_timeout_s
        self._subscription = " ".join(subscription)
        self._max_frame_bytes = max_frame_bytes
        self._jobs = Jobs(job_timeout_s)
        self._stream = EventStream(max_backlog_events)
        self._generation = 0
        self._announced = False
        limits = limits or LinkLimits()
        self._commands = Link(f"{self.id} commands", limits, self._command_connection, self._set_up_commands)
        self._events = Link(
            f"{self.id} events", limits, self._event_connection, self._set_up_events, self._events_held_by
        )

    @property
    def connected(self) -> bool:
        return self._commands.connected and self._events.connected

    @property
    def state(self) -> str:
        """`connected`, or what is wrong, for /readyz."""
        if self.connected:
            return "connected"
        down = (link for link in (self._commands, self._events) if not link.connected)
        return "; ".join(f"{link.name}: {link.state}" for link in down)

    @property
    def backlog(self) -> int:
        """Items in the stream that nobody has drained yet."""
        return self._stream.backlog

    @property
    def jobs_under_way(self) -> int:
        return self._jobs.under_way

    def start(self) -> None:
        self._commands.start()
        self._events.start()

    def stop(self) -> None:
        self._commands.stop()
        self._events.stop()

    def send(self, command: Command, check: bool = True) -> Reply:
        """Send it and wait for its reply (of a JOB: its result; of a TASK: that it was taken).

        SwitchUnavailable: nothing was sent. SwitchTimeout: it may have run, never send it again blindly.
        SwitchRefused: the reply is a failure; with check=False that reply is returned instead.
        """
        connection = self._commands.connection
        if command.kind is Kind.JOB:
            reply = self._jobs.run(connection, command.text, command.result_limit_s)
        elif command.kind is Kind.TASK:
            reply = connection.request(f"bgapi {command.text}\nJob-UUID: {arguments.channel(command.job_uuid)}")
        elif command.kind is Kind.MESSAGE:
            reply = connection.request(command.text)
        else:
            reply = connection.request(f"api {command.text}")
        if check and not command.accepts(reply):
            raise _refused(command, reply)
        return reply

    def ask(self, command: Command) -> str:
        """Ask so that the answer comes up in the event stream, in order with the events (house rule 4a).

        Returns the Job-UUID of the BACKGROUND_JOB to come; `replies.job_reply` reads it. It never comes if
        a Disconnected mark comes up first.
        """
        job_uuid = new_uuid()
        reply = self._events.connection.request(f"bgapi {command.text}\nJob-UUID: {job_uuid}")
        if not reply.ok:
            raise _refused(command, reply)
        return job_uuid

    def drain(self, max_items: int, timeout_s: float) -> list[StreamItem]:
        """The next items of the stream, in order; waits up to `timeout_s` for the first."""
        return self._stream.drain(max_items, timeout_s)

    def _connection(self, on_event: Callable[[Event], None], on_lost: Callable[[str], None]) -> EslConnection:
        return EslConnection(
            self._settings.host,
            self._settings.port,
            self._settings.password,
            on_event=on_event,
            on_lost=on_lost,
            counters=self.counters,
            reply_timeout_s=self._reply_timeout_s,
            max_frame_bytes=self._max_frame_bytes,
        )

    def _events_held_by(self) -> str:
        """What is told must be acted on at once (a new call is taken over): commands must have a way first."""
        if not self._stream.roomy:
            return "the backlog is not worked off"
        return "" if self._commands.connected else "the command connection is down"

    def _command_connection(self) -> EslConnection:
        return self._connection(self._jobs.settle, self._jobs.fail_all)

    def _set_up_commands(self, connection: EslConnection) -> None:
        _subscribed(connection.request("event json BACKGROUND_JOB"))

    def _event_connection(self) -> EslConnection:
        # Bound late: the connection that the events come from is the one to drop.
        connection = self._connection(lambda event: self._put(event, connection), self._events_lost)
        return connection

    def _set_up_events(self, connection: EslConnection) -> None:
        _subscribed(connection.request(f"event json {self._subscription}", on_reply=self._announce))
        self.counters.connects += 1

    def _announce(self, reply: Reply) -> None:
        """Called by the reader at the reply itself, so the mark stands before the first event."""
        if reply.ok:
            self._generation += 1
            self._announced = True
            self._stream.put(Connected(self.id, self._generation))

    def _events_lost(self, reason: str) -> None:
        if self._announced:
            self._announced = False
            self.counters.losses += 1
            self._stream.put(Disconnected(self.id, reason))

    def _put(self, event: Event, connection: EslConnection) -> None:
        self._stream.put(event)
        if self._stream.full:
            # Memory has an end; a reconcile later makes good what is not read now.
            self.counters.overflows += 1
            log.error("%s: %d events wait, the event connection is dropped", self.id, self._stream.backlog)
            connection.lose("max_backlog_events reached")


def _subscribed(reply: Reply) -> None:
    if not reply.ok:
        raise SwitchUnavailable(f"the switch refused the subscription: {reply.text!r}")


def _refused(command: Command, reply: Reply) -> SwitchRefused:
    return SwitchRefused(f"the switch refused {type(command).__name__}: {reply.data[:200]!r}", reply.text)
