"""Hands a call's sounds to the switch, one at a time: the effect PlayToCall in, an application or `conference R play`
out. A sound is committed with its step before it is sent; after a crash a look at the leg decides whether it is over.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import gevent
from gevent.event import Event as Signal
from gevent.lock import BoundedSemaphore

from gateway.domain import happenings as told
from gateway.domain.ids import new_uuid
from gateway.domain.leg_playback import GATHER, PARK, PLAYING, SPEAK, LegPlayback
from gateway.domain.member import JOINED, Seat
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.errors import GatewayError, InvalidInput, MediaError, SwitchError, SwitchRefused, UnsafeArgument
from gateway.services import announcements, leg_playback
from gateway.services.effects import PlayToCall
from gateway.services.legs import NO_KEY_STOPS, Keys, Legs, Sight, keys_argument, playback
from gateway.services.resolving import Resolving
from gateway.store import leg_playbacks as rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Break, Command, Leave, PlayStatus, PlayToMember, StopPlay
from gateway.switch.pool import SwitchPool

log = logging.getLogger(__name__)
_SOUND_ERRORS = (MediaError, InvalidInput, SwitchRefused, UnsafeArgument)
# tryvox-call-actions.txt: "Speech can be interrupted by DTMF input".
ANY_KEY_STOPS = {"playback_terminators": "any"}
TAKE_OVER_LIMIT_S = 5.0
POLL_S = 0.05
SETTLED_MS, LOOK_AFTER_MS = 5_000, 600_000


@dataclass(frozen=True)
class Sounds:
    """What the switch is given for an app's URL, and for its text in a voice and a language; they raise MediaError.

    `check` raises what speaks against a text, a voice and a language, before anything is promised.
    """

    playable: Callable[[str, str], str]
    spoken: Callable[[str, str, str, str], str]
    check: Callable[[str, str, str], None]

    def of(self, app_id: str, sound: dict[str, str]) -> str:
        if "text" in sound:
            return self.spoken(sound["text"], sound.get("voice", ""), sound.get("language", ""), app_id)
        return sound.get("stream") or self.playable(sound["url"], app_id)


@dataclass(frozen=True)
class _Stand:
    session: Session
    playback: LegPlayback
    seat: Seat | None


class LegPlayer:
    """`started_at`: what was sent before is not this process's doing."""

    def __init__(self, store: Store, pool: SwitchPool, sounds: Sounds, started_at: int) -> None:
        self._store = store
        self._pool = pool
        self._legs = Legs(pool)
        self._sounds = sounds
        self._started_at = started_at
        self._busy: Counter[str] = Counter()
        self._stopping = Signal()
        self._resolving = Resolving()
        # Of a call: what is claimed is sent before another one's turn comes to end it. No file is fetched meanwhile.
        self._turns: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()

    def stop(self) -> None:
        """No further file is handed to the switch, which could not fetch it from us: the next process goes on."""
        self._stopping.set()

    def play(self, effect: PlayToCall) -> None:
        self._busy[effect.session_id] += 1
        try:
            self._play(effect.session_id, effect.playback_id)
        finally:
            self._busy[effect.session_id] -= 1
            if not self._busy[effect.session_id]:
                del self._busy[effect.session_id]

    def _play(self, session_id: str, playback_id: str) -> None:
        stand = self._next(session_id, playback_id)
        if stand is None or self._stopping.is_set():
            return
        turn = self._turns.setdefault(session_id, BoundedSemaphore())
        try:
            with turn:
                if self._is_current(stand):
                    self._cut(stand)
            if stand.playback.wait_ms:
                gevent.sleep(stand.playback.wait_ms / 1000)
            argument = self._resolving.run(
                session_id, lambda: self._is_wanted(stand), lambda: self._argument(stand.playback)
            )
            if argument is None:
                return
            needs = Needs(sessions=(session_id,))
            with turn:
                if self._stopping.is_set():
                    return
                claimed = self._store.write(lambda uow: self._claim(uow, stand, argument), needs)
                if claimed is not None:
                    self._send(claimed)
                    self._told(claimed)
        except _SOUND_ERRORS as error:
            self._failed(stand, error)
        except SwitchError as error:
            # What was claimed may have been sent: the next reconcile looks for it, and for what was not claimed.
            log.warning("%s: what it is to hear may not have been sent: %s", session_id, error.message)

    def _next(self, session_id: str, playback_id: str) -> _Stand | None:
        """A new call is first taken out of the dialplan's park: that would break off what plays."""
        deadline = time.monotonic() + TAKE_OVER_LIMIT_S
        while True:
            session, seat, playing = self._store.read(lambda connection: rows.stand(connection, session_id))
            if session is None or playing is None or playing.id != playback_id or not _is_due(playing):
                return None
            taken = session.taken_over or session.direction != "inbound" or seat is not None
            if taken or time.monotonic() > deadline:
                return _Stand(session, playing, seat)
            gevent.sleep(POLL_S)

    def _is_current(self, stand: _Stand) -> bool:
        """Not interrupted while it waited for its turn: what plays now is not its to end."""
        *_, playing = self._store.read(lambda connection: rows.stand(connection, stand.session.id))
        return playing is not None and playing.id == stand.playback.id

    def _is_wanted(self, stand: _Stand) -> bool:
        return not self._stopping.is_set() and self._is_current(stand)

    def _cut(self, stand: _Stand) -> None:
        """What played before ends at once, not only when the next file has come."""
        session, cut = stand.session, stand.playback.cut
        if not cut:
            return
        if stand.seat is not None:
            if stand.seat.state == JOINED:
                self._pool.send(session.node_id, StopPlay(stand.seat.room_id, stand.seat.member_id), check=False)
        elif cut == PARK:
            self._legs.send(session, Leave(session.channel_uuid))
            self._legs.until_parked(session)
        else:
            self._legs.stop(session)

    def _argument(self, playing: LegPlayback) -> str:
        if playing.kind != GATHER:
            return playback([self._sounds.of(playing.app_id, playing.sound)])
        prompt = [self._sounds.of(playing.app_id, sound) for sound in playing.sounds]
        return keys_argument(Keys(**playing.notes), prompt, "")

    def _claim(self, uow: UnitOfWork, stand: _Stand, argument: str) -> _Stand | None:
        """None when it is not this sound's turn any more, or the call has moved."""
        session = uow.sessions.get(stand.session.id)
        playing, seat = leg_playback.current(uow, session), uow.seats.get(stand.session.id)
        if session is None or playing is None or not _is_due(playing) or _place(seat) != _place(stand.seat):
            return None
        if (playing.id, playing.position) != (stand.playback.id, stand.playback.position):
            return None
        if seat is not None and seat.state != JOINED:
            leg_playback.end(uow, session, playing, leg_playback.MOVED, uow.now)
            return None
        room_id, member_id = (seat.room_id, seat.member_id) if seat is not None else ("", 0)
        playing = replace(
            playing, step_uuid=new_uuid(), step_data=argument, sent_at=uow.now, cut="", wait_ms=0, room_id=room_id,
            member_id=member_id,
        )  # fmt: skip
        uow.leg_playbacks.put(playing)
        return _Stand(session, playing, seat)

    def _send(self, stand: _Stand) -> None:
        playing, session = stand.playback, stand.session
        if playing.room_id:
            file = PlayToMember(playing.room_id, playing.member_id, playing.step_data, playing.step_uuid)
            self._pool.send(session.node_id, file)
            return
        application = "play_and_get_digits" if playing.kind == GATHER else "playback"
        keys = ANY_KEY_STOPS if playing.kind == SPEAK else NO_KEY_STOPS
        self._legs.execute(session, application, playing.step_data, playing.step_uuid, keys)

    def _told(self, sent: _Stand) -> None:
        """One that was stopped while it was on its way is stopped again."""

        def work(uow: UnitOfWork) -> bool:
            session = uow.sessions.get(sent.session.id)
            playing = leg_playback.current(uow, session)
            if session is not None and playing is not None and playing.id == sent.playback.id:
                leg_playback.started(uow, session, playing, uow.now)
            return session is not None and session.ended_at is None and playing is None

        if self._store.write(work, Needs(sessions=(sent.session.id,))) and _still_there(self._store, sent):
            self._pool.send(sent.session.node_id, _ending(sent.session, sent.playback), check=False)

    def _failed(self, stand: _Stand, error: GatewayError) -> None:
        reason = announcements.short(getattr(error, "reply", "") or error.message)

        def fail(uow: UnitOfWork) -> None:
            session = uow.sessions.get(stand.session.id)
            playing = leg_playback.current(uow, session)
            expected = stand.playback.id, stand.playback.position, stand.playback.rounds
            if session is None or playing is None or (playing.id, playing.position, playing.rounds) != expected:
                return
            leg_playback.sound_failed(uow, session, replace(playing, cut=""), reason, uow.now)

        self._store.write(fail, Needs(sessions=(stand.session.id,)))

    # -- after a gap

    def resume(self, node_id: str, now_ms: int, after_gap: bool = False) -> None:
        """After each reconcile: what was never sent is; of what was sent before us, or long ago, a look decides.

        `after_gap`: events of the node were missed.
        """
        for session_id in self._store.read(lambda connection: rows.playing_on(connection, node_id)):
            if session_id not in self._busy:
                try:
                    self._look_after(session_id, now_ms - SETTLED_MS if after_gap else now_ms - LOOK_AFTER_MS)
                except SwitchError as error:
                    log.warning("%s: not looked after: %s", session_id, error.message)

    def _look_after(self, session_id: str, sent_before: int) -> None:
        session, _, playing = self._store.read(lambda connection: rows.stand(connection, session_id))
        if session is None or playing is None:
            return
        if not playing.step_uuid:
            self._store.write(lambda uow: uow.after_commit(PlayToCall(session_id, playing.id)))
        elif playing.sent_at < max(self._started_at, sent_before):
            self._look(_Stand(session, playing, None))

    def _look(self, stand: _Stand) -> None:
        session, playing = stand.session, stand.playback
        result: dict[str, str] = {}
        if playing.room_id:
            status = self._pool.send(session.node_id, PlayStatus(playing.room_id, playing.member_id), check=False)
            sight = Sight.DONE if status.nothing_playing else Sight.RUNNING
        else:
            seen = self._legs.look(session, playing.step_uuid, playing.step_data)
            sight, result = seen.sight, seen.result
        if sight is Sight.DONE:

            def over(uow: UnitOfWork) -> None:
                leg_playback.step_ended(uow, told.StepEnded(session.id, playing.step_uuid, result, uow.now))

            self._store.write(over, Needs(sessions=(session.id,)))
        elif sight is Sight.NOT_BEGUN:
            self._send(stand)
            self._told(stand)
        elif sight is Sight.RUNNING and not playing.started:
            self._told(stand)


def silencing(session: Session, playing: LegPlayback) -> Command | None:
    """What ends that which is in the switch of it, None where nothing is."""
    return _ending(session, playing) if playing.step_uuid else None


def _ending(session: Session, playing: LegPlayback) -> Command:
    if playing.room_id:
        return StopPlay(playing.room_id, playing.member_id)
    return Leave(session.channel_uuid) if playing.kind == GATHER else Break(session.channel_uuid)


def _is_due(playing: LegPlayback) -> bool:
    return not playing.step_uuid and playing.status == PLAYING


def _place(seat: Seat | None) -> tuple[str, int]:
    return (seat.room_id, seat.member_id) if seat is not None else ("", 0)


def _still_there(store: Store, sent: _Stand) -> bool:
    """Where it was sent to: in a room that it left nothing plays to it, and a leg in a room is not to be broken off."""
    _, seat, _ = store.read(lambda connection: rows.stand(connection, sent.session.id))
    return _place(seat) == (sent.playback.room_id, sent.playback.member_id)
