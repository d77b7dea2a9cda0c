"""What is done to a room after the commit: its clock set and taken back, sounds of coming and going, keys passed on.

In: effects. Out: commands. A room that is gone meanwhile is no error.
"""

import logging
from collections.abc import Callable

import gevent

from gateway.domain.clock import Clock
from gateway.domain.ids import new_uuid
from gateway.domain.room import Room
from gateway.errors import GatewayError
from gateway.services import digits
from gateway.services.effects import (
    AwaitKeys,
    DropRoomClock,
    EndConference,
    RelayKey,
    SetMusic,
    SetRoomClock,
    SoundRoom,
)
from gateway.services.notifications import Notifications
from gateway.store import flows as flow_rows
from gateway.store import rooms as room_rows
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs
from gateway.switch.commands import KickAll, Music, Play, ScheduleDelete, ScheduleKickAll, SendDigitsToMember
from gateway.switch.pool import SwitchPool

log = logging.getLogger(__name__)
STOP_LIMIT_S = 5.0


class RoomKeeper:
    """`digits_match_timeout_ms`: how long a pattern waits for the keys that would make it a longer one."""

    def __init__(self, store: Store, pool: SwitchPool, clock: Clock, digits_match_timeout_ms: int) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._digits_timeout_s = digits_match_timeout_ms / 1000
        self._timers: set[gevent.Greenlet] = set()

    def subscribe(self, notifications: Notifications) -> None:
        handlers: dict[type, Callable[..., None]] = {
            AwaitKeys: self.await_keys,
            DropRoomClock: self.drop_clock,
            EndConference: self.end,
            RelayKey: self.relay,
            SetMusic: self.set_music,
            SetRoomClock: self.set_clock,
            SoundRoom: self.sound,
        }
        for kind, handler in handlers.items():
            notifications.subscribe(kind, handler)

    def to_be_mended(self, node_id: str) -> list[SetRoomClock | AwaitKeys]:
        """At the start: a process before us may have died before it set a clock, or while keys waited."""
        rooms = self._store.read(lambda connection: room_rows.occupied_on(connection, node_id))
        flows = self._store.read(lambda connection: flow_rows.in_rooms(connection, node_id))
        clocks = [SetRoomClock(room.id) for room in rooms if room.running.get("ends_at")]
        return [*clocks, *(AwaitKeys(one.session_id, one.notes["keys_no"]) for one in flows if one.notes.get("keys"))]

    def set_clock(self, effect: SetRoomClock) -> None:
        room = self._room(effect.room_id)
        if room is None or not room.running.get("ends_at"):
            return
        left_s = max(1, -(-(room.running["ends_at"] - self._clock.now_ms()) // 1000))
        conference = room.running["conference"]
        self._pool.try_send(room.node_id, ScheduleDelete(conference))
        self._pool.try_send(room.node_id, ScheduleKickAll(room.id, left_s, conference))

    def drop_clock(self, effect: DropRoomClock) -> None:
        self._pool.try_send(effect.room_id.partition("-")[0], ScheduleDelete(effect.conference_uuid))

    def end(self, effect: EndConference) -> None:
        room = self._room(effect.room_id)
        if room is not None and room.conference_uuid == effect.conference_uuid and room.members:
            self._pool.try_send(room.node_id, KickAll(room.id))

    def set_music(self, effect: SetMusic) -> None:
        room = self._room(effect.room_id)
        if room is not None and room.running.get("waits") and room.running.get("wait_sound"):
            self._pool.try_send(room.node_id, Music(room.id, room.running["wait_sound"]))

    def sound(self, effect: SoundRoom) -> None:
        room = self._room(effect.room_id)
        if room is not None and room.members:
            self._pool.try_send(room.node_id, Play(room.id, effect.sound, f"sound.{new_uuid()}", at_once=True))

    def relay(self, effect: RelayKey) -> None:
        room = self._room(effect.room_id)
        if room is None:
            return
        members = self._store.read(lambda connection: session_rows.member_ids(connection, room.id))
        for session_id, member_id in members:
            if session_id != effect.session_id:
                self._pool.try_send(room.node_id, SendDigitsToMember(room.id, member_id, effect.key))

    def await_keys(self, effect: AwaitKeys) -> None:
        """In a greenlet of its own: the member's next key does not wait for it."""
        timer = gevent.spawn_later(self._digits_timeout_s, self._keys_are_over, effect)
        self._timers.add(timer)
        timer.rawlink(self._timers.discard)

    def stop(self) -> None:
        """Keys that wait are looked at again at the next start."""
        gevent.killall(list(self._timers), timeout=STOP_LIMIT_S)

    def _keys_are_over(self, effect: AwaitKeys) -> None:
        names = (effect.session_id,)
        try:
            self._store.write(lambda uow: digits.time_is_up(uow, effect), Needs(sessions=names, flows=names))
        except GatewayError as error:
            log.warning("%s: its keys were not told: %s", effect.session_id, error.message)

    def _room(self, room_id: str) -> Room | None:
        return self._store.read(lambda connection: room_rows.find(connection, room_id))
