"""What is done to a member after the commit: hold music again and again, the last sound of one that is kicked, locks.

In: effects. Out: commands. A member that is gone meanwhile is no error.
"""

import logging
import time
from collections.abc import Callable

import gevent

from gateway.domain import marks
from gateway.domain.clock import Clock
from gateway.domain.member import JOINED, Seat
from gateway.domain.session import Session
from gateway.errors import (
    GatewayError,
    MediaError,
    SwitchError,
    SwitchRefused,
    SwitchTimeout,
    SwitchUnavailable,
    UnsafeArgument,
)
from gateway.services import announcements
from gateway.services.effects import EndHold, HoldMusic, KickNow, KickWithSound, LockAgain
from gateway.services.notifications import Notifications
from gateway.store import rooms as room_rows
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Deaf, Leave, Lock, Mute, PlayToMember, StopPlay, Undeaf
from gateway.switch.pool import SwitchPool
from gateway.switch.replies import Reply

log = logging.getLogger(__name__)
LAST_SOUND_LIMIT_S = 30.0
MUSIC_EVERY_S = 1.0
MUSIC_REMEMBERED = 10_000  # of as many held members when it began last
STOP_LIMIT_S = 5.0
_FAULTS = (MediaError, SwitchError, UnsafeArgument)


class MemberKeeper:
    """`resolve(url, app_id)` gives what the switch can play; raises MediaError."""

    def __init__(self, store: Store, pool: SwitchPool, resolve: Callable[[str, str], str], clock: Clock) -> None:
        self._store = store
        self._pool = pool
        self._resolve = resolve
        self._clock = clock
        self._timers: set[gevent.Greenlet] = set()
        self._music_at: dict[str, float] = {}

    def subscribe(self, notifications: Notifications) -> None:
        notifications.subscribe(HoldMusic, self.hold_music)
        notifications.subscribe(EndHold, self.end_hold)
        notifications.subscribe(KickWithSound, self.kick_with_sound)
        notifications.subscribe(KickNow, self.kick_now)
        notifications.subscribe(LockAgain, self.lock_again)

    def to_be_mended(self, node_id: str) -> list[HoldMusic | KickNow | LockAgain]:
        """At the start: a process before us may have died on the way from a commit to its command."""
        rooms = self._store.read(lambda connection: room_rows.occupied_on(connection, node_id))
        found: list[HoldMusic | KickNow | LockAgain] = [LockAgain(room.id) for room in rooms if room.locked]
        for seat in self._store.read(lambda connection: session_rows.marked_on(connection, node_id)):
            if marks.has(seat, marks.KICK_SOUND):
                found.append(KickNow(seat.session_id))
            elif marks.has(seat, marks.HELD):
                found.append(HoldMusic(seat.session_id))
        return found

    def hold_music(self, effect: HoldMusic) -> None:
        """`hold` alone leaves it hearing the room; its file plays once (freeswitch-facts.md)."""
        session, seat = self._seat(effect.session_id)
        if seat is None or session is None or not self._is_held(seat):
            return
        self._pool.try_send(session.node_id, Deaf(seat.room_id, seat.member_id, quiet=True))
        if not (url := seat.marks.get(marks.MUSIC)):
            return
        self._pause(session.id)
        try:
            file = self._resolve(url, session.app_id)
            _session, seat = self._seat(effect.session_id)
            if seat is not None and self._is_held(seat):
                self._pool.send(session.node_id, PlayToMember(seat.room_id, seat.member_id, file))
        except (SwitchUnavailable, SwitchTimeout) as error:
            log.info("%s: its music waits for the switch: %s", session.id, error.message)
        except SwitchRefused as error:
            if Reply(error.reply).file_not_found:
                self._without_music(session, str(url), error)
        except (MediaError, UnsafeArgument) as error:
            self._without_music(session, str(url), error)

    def _pause(self, session_id: str) -> None:
        """A file of next to no length would begin anew as fast as the switch and we can, for each held member."""
        before = self._music_at.pop(session_id, None)
        if before is not None and (wait_s := before + MUSIC_EVERY_S - time.monotonic()) > 0:
            gevent.sleep(wait_s)
        self._music_at[session_id] = time.monotonic()
        if len(self._music_at) > MUSIC_REMEMBERED:
            del self._music_at[next(iter(self._music_at))]

    def _without_music(self, session: Session, url: str, error: GatewayError) -> None:
        """Held all the same, in silence; the app is told. A gateway that starts anew tries it once more."""

        def work(uow: UnitOfWork) -> None:
            seat = uow.seats.get(session.id)
            if seat is not None and seat.marks.get(marks.MUSIC) == url:
                uow.emit(announcements.playback_failed(session, url, announcements.short(error.message), uow.now))

        self._store.write(work, Needs(sessions=(session.id,)))

    def end_hold(self, effect: EndHold) -> None:
        session, seat = self._seat(effect.session_id)
        if session is not None and seat is not None and not marks.is_silenced(seat) and not marks.has(seat, marks.DEAF):
            self._pool.try_send(session.node_id, Undeaf(seat.room_id, seat.member_id, quiet=True))

    def kick_with_sound(self, effect: KickWithSound) -> None:
        """It neither hears nor is heard, and leaves at the end of the file, or when that cannot be had."""
        session, seat = self._seat(effect.session_id)
        url = seat.marks.get(marks.KICK_SOUND) if seat is not None else None
        if session is None or seat is None or not url:
            return
        try:
            file = self._resolve(str(url), session.app_id)
            self._pool.try_send(session.node_id, Mute(seat.room_id, seat.member_id))
            self._pool.try_send(session.node_id, Deaf(seat.room_id, seat.member_id, quiet=True))
            self._pool.try_send(session.node_id, StopPlay(seat.room_id, seat.member_id))
            self._mark_file(seat, file)
            self._pool.send(session.node_id, PlayToMember(seat.room_id, seat.member_id, file))
        except _FAULTS as error:
            log.info("%s: kicked without its sound: %s", session.id, error.message)
            self.kick_now(KickNow(session.id))
            return
        timer = gevent.spawn_later(LAST_SOUND_LIMIT_S, self.kick_now, KickNow(session.id))
        self._timers.add(timer)
        timer.rawlink(self._timers.discard)

    def _mark_file(self, before: Seat, file: str) -> None:
        def work(uow: UnitOfWork) -> None:
            seat = uow.seats.get(before.session_id)
            if seat is not None and seat.conference_uuid == before.conference_uuid:
                uow.seats.put(marks.mark(seat, kick_file=file))

        self._store.write(work, Needs(sessions=(before.session_id,)))

    def kick_now(self, effect: KickNow) -> None:
        session, seat = self._seat(effect.session_id)
        if session is not None and seat is not None and marks.has(seat, marks.KICK_SOUND):
            self._pool.try_send(session.node_id, Leave(session.channel_uuid))

    def lock_again(self, effect: LockAgain) -> None:
        room = self._store.read(lambda connection: room_rows.find(connection, effect.room_id))
        if room is not None and room.locked and room.members:
            self._pool.try_send(room.node_id, Lock(room.id))

    def stop(self) -> None:
        """Who waits for the end of its last sound leaves at the next start."""
        gevent.killall(list(self._timers), timeout=STOP_LIMIT_S)

    def _seat(self, session_id: str) -> tuple[Session | None, Seat | None]:
        session, seat = self._store.read(lambda connection: session_rows.with_seat(connection, session_id))
        return session, seat if seat is not None and seat.state == JOINED else None

    def _is_held(self, seat: Seat) -> bool:
        return marks.has(seat, marks.HELD) and not marks.is_asked(seat, "unhold", self._clock.now_ms())
