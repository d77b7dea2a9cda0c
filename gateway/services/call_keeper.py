"""What is done to a call after the commit: taken over, turned away, sent out of a room, its waiting ended."""

import logging
import time

import gevent

from gateway.domain.clock import Clock
from gateway.domain.ids import SESSION_ID
from gateway.errors import SwitchError, SwitchRefused, SwitchUnavailable
from gateway.services.effects import (
    ConnectCalls,
    JoinDialled,
    MendWaiting,
    Reject,
    SendAway,
    StopWaiting,
    TakeOverCall,
)
from gateway.services.notifications import Notifications
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.switch.commands import (
    Bridge,
    Command,
    Join,
    Kill,
    Leave,
    ScheduleDelete,
    ScheduleHangup,
    SetVariables,
    TakeOver,
)
from gateway.switch.pool import SwitchPool

log = logging.getLogger(__name__)
WAIT_CAUSE = "NO_USER_RESPONSE"
AWAY_LIMIT_S = 10.0  # a connection that is lost is dialled again within 5 s
AWAY_POLL_S = 0.1


class CallKeeper:
    """A call that is gone meanwhile is no error: its end is on its way as an event."""

    def __init__(self, pool: SwitchPool, store: Store, clock: Clock, inbound_wait_s: int) -> None:
        self._pool = pool
        self._store = store
        self._clock = clock
        self._inbound_wait_s = inbound_wait_s
        self._unmended: set[str] = set()

    def subscribe(self, notifications: Notifications) -> None:
        notifications.subscribe(TakeOverCall, self.take_over)
        notifications.subscribe(Reject, self.reject)
        notifications.subscribe(SendAway, self.send_away)
        notifications.subscribe(JoinDialled, self.join_dialled)
        notifications.subscribe(ConnectCalls, self.connect)
        notifications.subscribe(StopWaiting, self.stop_waiting)
        notifications.subscribe(MendWaiting, self.mend_waiting)

    def take_over(self, effect: TakeOverCall) -> None:
        channel = _channel(effect.session_id)
        if self._send(effect.session_id, TakeOver(channel)) and effect.wait_s:
            self._set_timer(effect.session_id, ScheduleHangup(channel, effect.wait_s, WAIT_CAUSE))

    def reject(self, effect: Reject) -> None:
        self._send(effect.session_id, Kill(_channel(effect.session_id), effect.cause))

    def send_away(self, effect: SendAway) -> None:
        self._send(effect.session_id, Leave(_channel(effect.session_id)))

    def join_dialled(self, effect: JoinDialled) -> None:
        self._send(effect.session_id, Join(_channel(effect.session_id), effect.room_id, effect.flags))

    def connect(self, effect: ConnectCalls) -> None:
        """With the end of one call the other ends, too, also while nobody is here to see it.

        What the switch does not connect has failed: the new leg ends, and tells the other call so.
        """
        caller, leg = _channel(effect.caller_id), _channel(effect.session_id)
        for session_id, channel in ((effect.caller_id, caller), (effect.session_id, leg)):
            self._send(session_id, SetVariables(channel, {"hangup_after_bridge": "true", "park_after_bridge": ""}))
        if not self._send(effect.caller_id, Bridge(caller, leg)):
            self._send(effect.session_id, Kill(leg, "NORMAL_CLEARING"))

    def stop_waiting(self, effect: StopWaiting) -> None:
        self._set_timer(effect.session_id, ScheduleDelete(_channel(effect.session_id)))

    def _set_timer(self, session_id: str, command: Command) -> None:
        """A timer that we could not set or take back as it should be is set right at the next reconcile."""
        try:
            self._send(session_id, command)
        except SwitchError as error:
            self._unmended.add(session_id)
            log.warning("%s: its timer is set right at the next reconcile (%s)", session_id, error.message)

    def unmended(self, node_id: str) -> list[MendWaiting]:
        found = {session_id for session_id in self._unmended if session_id.startswith(f"{node_id}-")}
        self._unmended -= found
        return [MendWaiting(session_id) for session_id in sorted(found)]

    def to_be_mended(self, node_id: str) -> list[MendWaiting]:
        """After a gap: the calls whose timer may still run in the switch, though none should, or the reverse."""
        since = self._clock.now_ms() - self._inbound_wait_s * 1000
        alive = self._store.read(lambda connection: list(session_rows.alive_on(connection, node_id)))
        return [
            MendWaiting(session.id)
            for session in alive  # a call that we made has its time limit there, which must stay
            if session.direction == "inbound" and (session.waiting or session.created_at >= since)
        ]

    def mend_waiting(self, effect: MendWaiting) -> None:
        session = self._store.read(lambda connection: session_rows.find(connection, effect.session_id))
        if session is None or session.ended_at is not None:
            return
        self._send(session.id, ScheduleDelete(session.channel_uuid))
        if session.waiting:
            left_s = self._inbound_wait_s - (self._clock.now_ms() - session.created_at) // 1000
            self._send(session.id, ScheduleHangup(session.channel_uuid, max(1, left_s), WAIT_CAUSE))

    def _send(self, session_id: str, command: Command) -> bool:
        """A switch that cannot be reached was sent nothing: tried again, for the call's fate hangs on it."""
        node_id = session_id.partition("-")[0]
        deadline = time.monotonic() + AWAY_LIMIT_S
        while True:
            try:
                self._pool.send(node_id, command)
            except SwitchUnavailable:
                if time.monotonic() >= deadline:
                    raise
                gevent.sleep(AWAY_POLL_S)
            except SwitchRefused as error:
                log.info("%s: %s refused: %r", session_id, type(command).__name__, error.reply)
                return False
            else:
                return True


def _channel(session_id: str) -> str:
    if not SESSION_ID.fullmatch(session_id):
        raise ValueError(f"not a session id: {session_id!r}")
    return session_id.partition("-")[2]
