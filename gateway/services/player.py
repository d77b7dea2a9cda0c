"""Hands a room's files to the switch, one at a time: the effect PlayNext in, `conference R play` out.

A file is marked as sent before it is sent: after a crash in between it counts as played, never plays twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.domain.room import PLAYING
from gateway.errors import GatewayError, MediaError, SwitchRefused, SwitchTimeout, SwitchUnavailable, UnsafeArgument
from gateway.services import playback
from gateway.services.effects import PlayNext
from gateway.store import rooms as room_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Play, PlayStatus, StopPlay
from gateway.switch.pool import SwitchPool

log = logging.getLogger(__name__)
# What the switch, or the way to it, may say of a file; each is the end of this file, not of the queue.
_FILE_ERRORS = (MediaError, SwitchRefused, SwitchTimeout, UnsafeArgument)


@dataclass(frozen=True)
class _Next:
    node_id: str
    token: str
    url: str
    volume: int


class Player:
    """`resolve(url)` gives what the switch can play; raises MediaError."""

    def __init__(self, store: Store, pool: SwitchPool, resolve: Callable[[str], str]) -> None:
        self._store = store
        self._pool = pool
        self._resolve = resolve

    def play_next(self, effect: PlayNext) -> None:
        needs = Needs(rooms=(effect.room_id,))
        following = self._store.write(lambda uow: self._peek(uow, effect.room_id), needs)
        if following is None:
            return
        try:
            file = self._resolve(following.url)
            claimed = self._store.write(lambda uow: self._claim(uow, effect.room_id, following.token), needs)
            if claimed is None:
                return
            self._pool.send(claimed.node_id, Play(effect.room_id, file, claimed.token, claimed.volume))
        except SwitchUnavailable:
            log.info("room %s: playback waits for the switch", effect.room_id)
            self._store.write(lambda uow: self._unclaim(uow, effect.room_id, following.token), needs)
            return
        except _FILE_ERRORS as error:
            self._failed(effect.room_id, following.token, error)
            return
        self._stop_if_over(effect.room_id, following)

    def _peek(self, uow: UnitOfWork, room_id: str) -> _Next | None:
        room = uow.rooms.get(room_id)
        playing = playback.current(uow, room) if room else None
        if room is None or playing is None or playing.sent or playing.status != PLAYING:
            return None
        return _Next(room.node_id, playback.token(playing), playing.urls[playing.position], room.volume)

    def _claim(self, uow: UnitOfWork, room_id: str, token: str) -> _Next | None:
        following = self._peek(uow, room_id)
        if following is None or following.token != token:
            return None
        room = uow.rooms.get(room_id)
        playing = playback.current(uow, room) if room else None
        if playing is not None:
            uow.playbacks.put(replace(playing, sent=True))
        return following

    def _unclaim(self, uow: UnitOfWork, room_id: str, token: str) -> None:
        room = uow.rooms.get(room_id)
        playing = playback.current(uow, room) if room else None
        if playing is not None and playback.token(playing) == token:
            uow.playbacks.put(replace(playing, sent=False))

    def _failed(self, room_id: str, token: str, error: GatewayError) -> None:
        reason = getattr(error, "reply", "") or error.message

        def fail(uow: UnitOfWork) -> None:
            if room := uow.rooms.get(room_id):
                playback.file_failed(uow, room, token, reason.strip()[:500], uow.now)

        self._store.write(fail, Needs(rooms=(room_id,)))

    def _stop_if_over(self, room_id: str, sent: _Next) -> None:
        """A stop that came while the switch was fetching the file found nothing to stop: stop it now."""

        def is_over(uow: UnitOfWork) -> bool:
            room = uow.rooms.get(room_id)
            playing = playback.current(uow, room) if room else None
            return bool(room and room.members) and playing is None

        if self._store.write(is_over, Needs(rooms=(room_id,))):
            self._pool.send(sent.node_id, StopPlay(room_id), check=False)

    def resume(self, node_id: str) -> None:
        """After a (re)connect: queues whose file is over or was never sent go on; one that plays is waited for."""
        for room in self._store.read(lambda connection: room_rows.playing_on(connection, node_id)):
            playing = self._store.read(lambda c, i=room.playback_id: room_rows.playback(c, i))  # type: ignore[misc]
            if playing is None:
                continue
            if playing.status == playback.STOPPING:
                self._finish_stop(room.id)
            elif not playing.sent:
                self.play_next(PlayNext(room.id))
            elif self._pool.send(node_id, PlayStatus(room.id), check=False).nothing_playing:
                self._over(room.id, playback.token(playing))

    def _finish_stop(self, room_id: str) -> None:
        def cut(uow: UnitOfWork) -> None:
            if room := uow.rooms.get(room_id):
                playback.cut(uow, room, "stopped", uow.now)

        self._store.write(cut, Needs(rooms=(room_id,)))

    def _over(self, room_id: str, token: str) -> None:
        def over(uow: UnitOfWork) -> None:
            if room := uow.rooms.get(room_id):
                playback.file_played(uow, room, token, uow.now)

        self._store.write(over, Needs(rooms=(room_id,)))
