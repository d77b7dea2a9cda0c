"""Hands a room's files to the switch, one at a time: the effect PlayNext in, `conference R play` out.

A file is marked as sent before it is sent: after a crash in between it counts as played, never plays twice.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from weakref import WeakValueDictionary

from gevent.event import Event as Signal
from gevent.lock import BoundedSemaphore

from gateway.domain.room import PAUSED, PLAYING, Playback, Room
from gateway.domain.values import replace
from gateway.errors import (
    GatewayError,
    InvalidInput,
    MediaError,
    SwitchError,
    SwitchRefused,
    SwitchTimeout,
    SwitchUnavailable,
    UnsafeArgument,
)
from gateway.services import announcements, playback
from gateway.services.effects import PlayNext
from gateway.services.resolving import Resolving
from gateway.store import rooms as room_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Command, FileVolume, PausePlay, Play, PlayStatus, StopPlay
from gateway.switch.pool import SwitchPool

log = logging.getLogger(__name__)
MOST_CHANGES = 20  # asked of one file while it was opened, and just after
# What the switch, or the way to it, may say of a file; each is the end of this file, not of the queue.
_FILE_ERRORS = (MediaError, InvalidInput, SwitchRefused, SwitchTimeout, UnsafeArgument)


@dataclass(frozen=True)
class _Next:
    node_id: str
    app_id: str
    playback_id: str
    token: str
    url: str
    speech: dict[str, str]
    volume: int
    cut: bool
    held: bool


class Player:
    """`resolve(url, app_id)` and `spoken(text, voice, language, app_id)` give what the switch plays, or MediaError."""

    def __init__(
        self,
        store: Store,
        pool: SwitchPool,
        resolve: Callable[[str, str], str],
        spoken: Callable[[str, str, str, str], str],
        started_at: int,
        job_timeout_s: float,
    ) -> None:
        self._store = store
        self._pool = pool
        self._resolve = resolve
        self._spoken = spoken
        self._started_at = started_at
        self._job_timeout_ms = int(job_timeout_s * 1000)
        self._busy: Counter[str] = Counter()
        # Of a room: what is claimed is sent before another one's turn comes to end it. No file is fetched meanwhile.
        self._turns: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()
        self._stopping = Signal()
        self._resolving = Resolving()

    def stop(self) -> None:
        """No further file is handed to the switch, which could not fetch it from us: the next process goes on."""
        self._stopping.set()

    def play_next(self, effect: PlayNext) -> None:
        with self._at_work(effect.room_id):
            self._play_next(effect)

    @contextmanager
    def _at_work(self, room_id: str) -> Iterator[None]:
        self._busy[room_id] += 1
        try:
            yield
        finally:
            self._busy[room_id] -= 1
            if not self._busy[room_id]:
                del self._busy[room_id]

    def _play_next(self, effect: PlayNext) -> None:
        needs = Needs(rooms=(effect.room_id,))
        following = self._store.write(lambda uow: self._peek(uow, effect.room_id), needs)
        if following is None or following.playback_id != effect.playback_id or self._stopping.is_set():
            return
        turn = self._turns.setdefault(effect.room_id, BoundedSemaphore())
        try:
            if following.cut:
                with turn:
                    self._end_what_plays(effect.room_id, following)
            if following.held:
                return
            wanted = partial(self._is_wanted, effect.room_id, following.token)
            file = self._resolving.run(effect.room_id, wanted, partial(self._file, following))
            if file is None:
                return
            with turn:
                self._claim_and_send(effect.room_id, following, file)
        except SwitchUnavailable:
            log.info("room %s: playback waits for the switch", effect.room_id)
            self._store.write(lambda uow: self._unclaim(uow, effect.room_id, following.token), needs)
            return
        except _FILE_ERRORS as error:
            self._failed(effect.room_id, following.token, error)

    def _is_wanted(self, room_id: str, token: str) -> bool:
        _, playing = self._store.read(lambda connection: room_rows.with_playback(connection, room_id))
        return not self._stopping.is_set() and playing is not None and playback.token(playing) == token

    def _end_what_plays(self, room_id: str, following: _Next) -> None:
        """Unless it was interrupted itself while it waited for its turn."""
        _, playing = self._store.read(lambda connection: room_rows.with_playback(connection, room_id))
        if playing is not None and playing.id == following.playback_id:
            self._pool.send(following.node_id, StopPlay(room_id), check=False)

    def _claim_and_send(self, room_id: str, following: _Next, file: str) -> None:
        if self._stopping.is_set():
            return
        claimed = self._store.write(lambda uow: self._claim(uow, room_id, following.token), Needs(rooms=(room_id,)))
        if claimed is not None:
            self._pool.send(claimed.node_id, Play(room_id, file, claimed.token, claimed.volume))
            self._opened(room_id, claimed, claimed.volume, is_paused=False)

    def _file(self, following: _Next) -> str:
        speech = following.speech
        if speech:
            return self._spoken(speech["text"], speech["voice"], speech["language"], following.app_id)
        return self._resolve(following.url, following.app_id)

    def _peek(self, uow: UnitOfWork, room_id: str) -> _Next | None:
        room = uow.rooms.get(room_id)
        playing = playback.current(uow, room) if room else None
        if room is None or playing is None or playing.sent_at:
            return None
        # Paused, it waits for its resume; what it interrupted is ended all the same.
        goes_on = playing.status == PLAYING or (playing.status == PAUSED and playing.cut)
        return _next_of(room, playing) if goes_on else None

    def _claim(self, uow: UnitOfWork, room_id: str, token: str) -> _Next | None:
        following = self._peek(uow, room_id)
        if following is None or following.held or following.token != token:
            return None
        room = uow.rooms.get(room_id)
        playing = playback.current(uow, room) if room else None
        if playing is not None:
            uow.playbacks.put(replace(playing, sent_at=-uow.now, cut=False))
        return following

    def _unclaim(self, uow: UnitOfWork, room_id: str, token: str) -> None:
        room = uow.rooms.get(room_id)
        playing = playback.current(uow, room) if room else None
        if playing is not None and playback.token(playing) == token:
            uow.playbacks.put(replace(playing, sent_at=0))

    def _failed(self, room_id: str, token: str, error: GatewayError) -> None:
        reason = announcements.short(getattr(error, "reply", "") or error.message)

        def fail(uow: UnitOfWork) -> None:
            if room := uow.rooms.get(room_id):
                playback.file_failed(uow, room, token, reason, uow.now)

        self._store.write(fail, Needs(rooms=(room_id,)))

    def _opened(self, room_id: str, sent: _Next, volume: int | None = None, is_paused: bool | None = None) -> None:
        """The switch has the file open, with this volume: what was asked meanwhile, and refused by it, is done now.

        What cannot be done is looked after by the next reconcile: then a pause may have been done whose reply was lost
        (None), and the switch tells of none. But it toggles, and its reply says which way it went: so it is found out.
        """
        needs = Needs(rooms=(room_id,))
        try:
            for _ in range(MOST_CHANGES):
                command = self._store.write(partial(self._still_to_do, room_id, sent, is_paused, volume), needs)
                if command is None:
                    return
                reply = self._pool.send(sent.node_id, command, check=False)
                if isinstance(command, StopPlay):
                    return
                if isinstance(command, FileVolume):
                    volume = command.volume
                elif reply.paused is not None:
                    is_paused = reply.paused
                else:  # of a file that is over by now
                    is_paused = not is_paused
        except SwitchError as error:
            log.warning("room %s: what was asked while its file was opened waits: %s", room_id, error.message)

    def _still_to_do(
        self, room_id: str, sent: _Next, is_paused: bool | None, volume: int | None, uow: UnitOfWork
    ) -> Command | None:
        """None where the switch does as the queue says: from now on commands go to it directly."""
        room = uow.rooms.get(room_id)
        playing = playback.current(uow, room) if room else None
        if room is None or playing is None or playback.token(playing) != sent.token:
            # A stop that came meanwhile found nothing to stop. Another playback may be waiting by then: its first file
            # is sent after this, in its turn.
            is_over = playing is None or (playing.id != sent.playback_id and not playing.sent_at)
            return StopPlay(room_id) if room and room.members and is_over else None
        if playing.status == playback.STOPPING:
            return StopPlay(room_id)  # whoever asked for it may have come before the file was open
        if is_paused is None or (playing.status == PAUSED) != is_paused:
            return PausePlay(room_id)
        if room.volume != volume:
            return FileVolume(room_id, room.volume)
        uow.playbacks.put(replace(playing, sent_at=abs(playing.sent_at)))
        return None

    def resume(self, node_id: str, now_ms: int) -> None:
        """After each reconcile: a queue goes on whose file ended unseen, or was never sent; what plays is waited for.

        A file sent a moment ago may still be on its way to the switch, by this process or by another.
        """
        for room in self._store.read(lambda connection: room_rows.playing_on(connection, node_id)):
            if room.id not in self._busy:
                with self._at_work(room.id):
                    self._look_after(node_id, room.id, now_ms)

    def _look_after(self, node_id: str, room_id: str, now_ms: int) -> None:
        room, playing = self._store.read(lambda connection: room_rows.with_playback(connection, room_id))
        if room is None or playing is None:
            return
        if playing.status == playback.STOPPING:
            self._finish_stop(node_id, room_id)
        elif not playing.sent_at:
            self._store.write(lambda uow: uow.after_commit(PlayNext(room_id, playing.id)))
        elif self._settled(abs(playing.sent_at), now_ms):
            if self._is_silent(node_id, room_id):
                self._over(room_id, playback.token(playing))
            elif not playing.is_open:
                self._opened(room_id, _next_of(room, playing))

    def _is_silent(self, node_id: str, room_id: str) -> bool:
        return self._pool.send(node_id, PlayStatus(room_id), check=False).nothing_playing

    def _settled(self, sent_at: int, now_ms: int) -> bool:
        """Sent by a process before this one, or so long ago that its result must have come."""
        return sent_at < self._started_at or now_ms - sent_at > self._job_timeout_ms

    def _finish_stop(self, node_id: str, room_id: str) -> None:
        """The process that marked it may have died before it told the switch; stopping twice does no harm."""
        self._pool.send(node_id, StopPlay(room_id), check=False)

        def cut(uow: UnitOfWork) -> None:
            room = uow.rooms.get(room_id)
            stopping = playback.current(uow, room) if room else None
            if room is not None and stopping is not None:
                playback.cut(uow, room, "stopped", uow.now, stopping.command_uid)

        self._store.write(cut, Needs(rooms=(room_id,)))

    def _over(self, room_id: str, token: str) -> None:
        def over(uow: UnitOfWork) -> None:
            if room := uow.rooms.get(room_id):
                playback.file_played(uow, room, token, uow.now)

        self._store.write(over, Needs(rooms=(room_id,)))


def _next_of(room: Room, playing: Playback) -> _Next:
    return _Next(
        room.node_id,
        room.app_id,
        playing.id,
        playback.token(playing),
        playing.url,
        playing.speech,
        room.volume,
        playing.cut,
        playing.status == PAUSED,
    )
