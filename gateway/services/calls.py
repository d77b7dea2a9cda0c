"""What is done to a call after the commit: taken over, turned away, sent out of a room, its waiting ended."""

import logging

from gateway.domain.ids import SESSION_ID
from gateway.errors import SwitchRefused
from gateway.services.effects import Reject, SendAway, StopWaiting, TakeOver
from gateway.services.notifications import Notifications
from gateway.switch.commands import Command, Kill, Leave, ScheduleDelete, ScheduleHangup
from gateway.switch.commands import TakeOver as TakeOverCall
from gateway.switch.pool import SwitchPool

log = logging.getLogger(__name__)
WAIT_CAUSE = "NO_USER_RESPONSE"


class Calls:
    """A call that is gone meanwhile is no error: its end is on its way as an event."""

    def __init__(self, pool: SwitchPool) -> None:
        self._pool = pool

    def subscribe(self, notifications: Notifications) -> None:
        notifications.subscribe(TakeOver, self.take_over)
        notifications.subscribe(Reject, self.reject)
        notifications.subscribe(SendAway, self.send_away)
        notifications.subscribe(StopWaiting, self.stop_waiting)

    def take_over(self, effect: TakeOver) -> None:
        channel = _channel(effect.session_id)
        if self._send(effect.session_id, TakeOverCall(channel)) and effect.wait_s:
            self._send(effect.session_id, ScheduleHangup(channel, effect.wait_s, WAIT_CAUSE))

    def reject(self, effect: Reject) -> None:
        self._send(effect.session_id, Kill(_channel(effect.session_id), effect.cause))

    def send_away(self, effect: SendAway) -> None:
        self._send(effect.session_id, Leave(_channel(effect.session_id)))

    def stop_waiting(self, effect: StopWaiting) -> None:
        self._send(effect.session_id, ScheduleDelete(_channel(effect.session_id)))

    def _send(self, session_id: str, command: Command) -> bool:
        node_id = session_id.partition("-")[0]
        try:
            self._pool.send(node_id, command)
        except SwitchRefused as error:
            log.info("%s: %s refused: %r", session_id, type(command).__name__, error.reply)
            return False
        return True


def _channel(session_id: str) -> str:
    if not SESSION_ID.fullmatch(session_id):
        raise ValueError(f"not a session id: {session_id!r}")
    return session_id.partition("-")[2]
