"""What an app asks of that which is played to one call: stop, pause, resume, seek, unhold; and keys to the far end.

The switch has no event for any of them: its reply is the happening. Both fronts use these.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import gevent

from gateway.domain.ids import new_uuid
from gateway.domain.leg_playback import GATHER, HOLD, PAUSE_UID, PAUSED, PLAY, PLAYING, SPEAK, LegPlayback
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.errors import Conflict, GatewayError, NotFound, SwitchError
from gateway.services import by_reply, leg_announcements, leg_playback, operations
from gateway.services.commands import Answer, Asked, CommandDesk, Gate, Step
from gateway.services.effects import PlayToCall
from gateway.services.leg_playback import STOPPED, UNHOLD
from gateway.services.leg_player import silencing
from gateway.services.legs import Legs
from gateway.services.ownership import in_progress
from gateway.services.sessions import plan_for_call, stop_waiting
from gateway.store import leg_playbacks as rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Command, ControlPlayback, PausePlay, SeekPlay, SendDigits

log = logging.getLogger(__name__)
CONTROL_TIMEOUT_MS = 10_000
KEY_MS = 400
OPENING_LIMIT_S, POLL_S = 3.0, 0.05
_NOTHING = "Nothing is playing to the call", "nothing-playing"
_NONE = {PLAY: _NOTHING, HOLD: ("The call is not on hold", "not-held")}


@dataclass(frozen=True)
class _Act:
    """What a control does: sent first, unless nothing of the playback is in the switch; then what it means."""

    playback_id: str
    step_uuid: str
    command: Command | None
    apply: Callable[[UnitOfWork, Session, LegPlayback], None] = lambda _uow, _session, _playing: None
    undo: Callable[[UnitOfWork], None] = lambda _uow: None


Decide = Callable[[UnitOfWork, Session, LegPlayback], _Act]


class LegControls:
    """Each finds what the call is played, asks the switch, and edits the state by its reply."""

    def __init__(self, store: Store, desk: CommandDesk, legs: Legs) -> None:
        self._store = store
        self._desk = desk
        self._legs = legs

    def stop(self, asked: Asked, session_id: str) -> Answer:
        """Conflict nothing-playing where neither files, speech nor a prompt for keys are played."""
        return self._control(asked, session_id, "playback/stop", (PLAY, SPEAK, GATHER), _ended(asked, STOPPED))

    def unhold(self, asked: Asked, session_id: str) -> Answer:
        """Conflict not-held."""
        return self._control(asked, session_id, "unhold", (HOLD,), _ended(asked, UNHOLD))

    def pause(self, asked: Asked, session_id: str, paused: bool) -> Answer:
        """Pause or resume: the switch's own command toggles, so the state is changed before it is sent.

        Of what has not started yet it is told with the start (leg_playback.started).
        """
        command, status = ("playback/pause", PAUSED) if paused else ("playback/resume", PLAYING)

        def decide(uow: UnitOfWork, session: Session, playing: LegPlayback) -> _Act:
            if playing.status == status:
                fault = "already-paused" if paused else "not-paused"
                raise Conflict(f"The playback is {fault.replace('-', ' ')}", fault)
            uow.leg_playbacks.put(
                replace(playing, status=status, notes={PAUSE_UID: asked.command_uid} if paused else {})
            )
            then = partial(apply, playing.started)
            return _Act(
                playing.id, playing.step_uuid, _toggle(session, playing), then, lambda undo: _set_status(undo, playing)
            )

        def apply(had_started: bool, uow: UnitOfWork, session: Session, playing: LegPlayback) -> None:
            if had_started:
                uow.emit(leg_announcements.paused(session, playing, paused, uow.now, asked.command_uid))
            if not playing.step_uuid and not paused:
                uow.after_commit(PlayToCall(session.id, playing.id))

        return self._control(asked, session_id, command, (PLAY, SPEAK), decide)

    def seek(self, asked: Asked, session_id: str, offset_ms: int) -> Answer:
        """To so many ms from the beginning of the file that plays; behind its end is its end."""

        def decide(_uow: UnitOfWork, session: Session, playing: LegPlayback) -> _Act:
            if not playing.step_uuid:
                raise Conflict(*_NONE[PLAY])
            if playing.room_id:
                return _Act(playing.id, playing.step_uuid, SeekPlay(playing.room_id, playing.member_id, offset_ms))
            return _Act(playing.id, playing.step_uuid, ControlPlayback(session.channel_uuid, "seek", offset_ms))

        return self._control(asked, session_id, "playback/seek", (PLAY, SPEAK), decide)

    def send_digits(self, asked: Asked, session_id: str, digits: str) -> Answer:
        """Keys to the far end, 200 ms each and 200 ms apart, whatever the call is doing."""
        needs, operation_id = self._desk.needs(asked, sessions=(session_id,)), new_uuid()
        pressing: list[Session] = []

        def plan(uow: UnitOfWork, session: Session, gate: Gate) -> Step:
            pressing[:] = [in_progress(session)]
            gate.close(uow)
            stop_waiting(uow, session)
            limit_ms = CONTROL_TIMEOUT_MS + KEY_MS * len(digits)
            answer = operations.begin(uow, asked, self._desk.owner, operation_id, session_id, "dtmf", limit_ms)
            command = SendDigits(session.channel_uuid, digits)
            return Step(session.node_id, command, answer, lambda undo: undo.operations.drop(operation_id))

        gone = NotFound("The call of this session has ended", "session-ended")

        def ahead() -> None:
            try:
                self._legs.accompany(pressing[0], digits)
            except SwitchError as error:
                log.warning("%s: its keys may be slow: %s", session_id, error.message)

        planned = plan_for_call(self._desk, asked, session_id, plan)
        return self._sent(asked, needs, planned, operation_id, lambda _uow: None, gone, ahead=ahead)

    def _control(self, asked: Asked, session_id: str, command: str, kinds: tuple[str, ...], decide: Decide) -> Answer:
        needs, operation_id = self._desk.needs(asked, sessions=(session_id,)), new_uuid()
        acts: list[_Act] = []

        def plan(uow: UnitOfWork, session: Session, gate: Gate) -> Answer | Step:
            playing = leg_playback.current(uow, in_progress(session))
            if playing is None or playing.kind not in kinds:
                raise Conflict(*_NONE[kinds[0]])
            act = decide(uow, session, playing)
            acts[:] = [act]
            gate.close(uow)
            limit_ms = CONTROL_TIMEOUT_MS
            answer = operations.begin(uow, asked, self._desk.owner, operation_id, session_id, command, limit_ms)
            if act.command is None:
                _apply(uow, session_id, act)
                _succeeded(uow, operation_id)
                return answer

            def undo(undone: UnitOfWork) -> None:
                undone.operations.drop(operation_id)
                act.undo(undone)

            return Step(session.node_id, act.command, answer, undo)

        refusal = Conflict(*_NONE[kinds[0]])

        def is_opening() -> bool:
            *_, playing = self._store.read(lambda connection: rows.stand(connection, session_id))
            return playing is not None and playing.step_uuid == acts[0].step_uuid

        def apply(uow: UnitOfWork) -> None:
            _apply(uow, session_id, acts[0])

        planned = plan_for_call(self._desk, asked, session_id, plan)
        return self._sent(asked, needs, planned, operation_id, apply, refusal, is_opening)

    def _sent(
        self,
        asked: Asked,
        needs: Needs,
        plan: Callable[[UnitOfWork], Answer | Step],
        operation_id: str,
        apply: Callable[[UnitOfWork], None],
        refusal: GatewayError,
        is_opening: Callable[[], bool] = lambda: False,
        ahead: Callable[[], None] = lambda: None,
    ) -> Answer:
        """The reply is the happening; what the switch refused leaves nothing behind.

        A file that it was given and still opens is nothing to it yet: it is asked again.
        """

        def settle(uow: UnitOfWork, step: Step, is_done: bool) -> None:
            if is_done:
                apply(uow)
                _succeeded(uow, operation_id)
            else:
                self._desk.forget(uow, asked, needs)
                step.undo(uow)

        def send(step: Step) -> Answer:
            ahead()
            reply = self._desk.send(asked, step, needs, check=False)
            deadline = time.monotonic() + OPENING_LIMIT_S
            while not reply.ok and time.monotonic() < deadline and is_opening():
                gevent.sleep(POLL_S)
                reply = self._desk.send(asked, step, needs, check=False)
            self._store.write(lambda uow: settle(uow, step, reply.ok), needs)
            if not reply.ok:
                raise refusal
            return step.answer

        return by_reply.carry_out(self._desk, asked, needs, plan, send)


def _ended(asked: Asked, reason: str) -> Decide:
    def apply(uow: UnitOfWork, session: Session, playing: LegPlayback) -> None:
        leg_playback.end(uow, session, playing, reason, uow.now, asked.command_uid)

    def decide(_uow: UnitOfWork, session: Session, playing: LegPlayback) -> _Act:
        return _Act(playing.id, playing.step_uuid, silencing(session, playing), apply)

    return decide


def _toggle(session: Session, playing: LegPlayback) -> Command | None:
    if not playing.step_uuid:
        return None
    if playing.room_id:
        return PausePlay(playing.room_id, playing.member_id)
    return ControlPlayback(session.channel_uuid, "pause")


def _set_status(uow: UnitOfWork, before: LegPlayback) -> None:
    if playing := uow.leg_playbacks.get(before.id):
        uow.leg_playbacks.put(replace(playing, status=before.status))


def _apply(uow: UnitOfWork, session_id: str, act: _Act) -> None:
    """Unless it is over, or was interrupted, meanwhile."""
    session = uow.sessions.get(session_id)
    playing = leg_playback.current(uow, session)
    if session is not None and playing is not None and playing.id == act.playback_id:
        act.apply(uow, session, playing)


def _succeeded(uow: UnitOfWork, operation_id: str) -> None:
    if operation := uow.operations.get(operation_id):
        operations.close(uow, operation, "ok", "", uow.now)
