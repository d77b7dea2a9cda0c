"""What a command plays to one call: state changes only. A call is played one thing at a time, a new one interrupts.

In: commands (begin, end) and happenings (a step or the call ended, the call went into a room or out of one).
"""

from collections.abc import Mapping

from gateway.domain import happenings as told
from gateway.domain.leg_playback import BREAK, GATHER, HOLD, PARK, PAUSE_UID, PAUSED, PLAYING, LegPlayback
from gateway.domain.member import JOINING
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.services import leg_announcements, legs, operations
from gateway.services.effects import PlayToCall
from gateway.store.unit_of_work import UnitOfWork

HANGUP, INTERRUPTED, KEY, MOVED, STOPPED, UNHOLD = "hangup", "interrupted", "key", "moved", "stopped", "unhold"
_WHY_NOT = {
    HANGUP: "the call ended",
    INTERRUPTED: "another command played to the call",
    KEY: "the caller pressed a key",
    MOVED: "the call went into a room, or out of one",
    STOPPED: "it was stopped",
    UNHOLD: "the call was taken off hold",
}


def current(uow: UnitOfWork, session: Session | None) -> LegPlayback | None:
    return uow.leg_playbacks.get(session.playback_id) if session is not None and session.playback_id else None


def begin(uow: UnitOfWork, session: Session, playback: LegPlayback) -> None:
    """What plays is interrupted; the switch is told after the commit."""
    before = current(uow, session)
    cut = ""
    if before is not None:
        cut = before.cut if not before.step_uuid else PARK if before.kind == GATHER else BREAK
        end(uow, session, before, INTERRUPTED, uow.now)
    uow.leg_playbacks.put(replace(playback, cut=cut))
    _set(uow, session, playback.id)
    uow.after_commit(PlayToCall(session.id, playback.id))


def end(uow: UnitOfWork, session: Session, playback: LegPlayback, reason: str, at: int, command_uid: str = "") -> None:
    """Before it was through."""
    if playback.kind == GATHER:
        uow.emit(leg_announcements.gathered(session, playback, "", reason, at))
    elif playback.started and playback.kind == HOLD:
        uow.emit(leg_announcements.unheld(session, playback, reason, at, command_uid))
    elif playback.started:
        uow.emit(leg_announcements.stopped(session, playback, reason, at, command_uid))
    _over(uow, session, playback, at, _WHY_NOT[reason])


def started(uow: UnitOfWork, session: Session, playback: LegPlayback, at: int) -> LegPlayback:
    """Its first sound is in the switch."""
    if playback.started:
        return playback
    playback = replace(playback, started=True)
    uow.leg_playbacks.put(playback)
    if playback.kind == HOLD:
        uow.emit(leg_announcements.held(session, playback, at))
    elif playback.kind != GATHER:
        uow.emit(leg_announcements.started(session, playback, at))
        if playback.status == PAUSED:  # while its file came
            uow.emit(leg_announcements.paused(session, playback, True, at, playback.notes.get(PAUSE_UID, "")))
    if playback.kind != GATHER:
        _close(uow, playback, at)
    return playback


def step_ended(uow: UnitOfWork, it: told.StepEnded) -> None:
    """Of a step that is not the current one: it was interrupted, and is told already. One that the end of the call,
    or a join, broke off ends with these.
    """
    session = uow.sessions.get(it.session_id)
    playback = current(uow, session)
    if session is None or playback is None or playback.step_uuid != it.step_uuid or it.hung_up:
        return
    seat = uow.seats.get(session.id)
    if seat is not None and seat.state == JOINING:
        end(uow, session, playback, MOVED, it.at)
    elif playback.kind == GATHER:
        _gathered(uow, session, playback, it.result, it.at)
    elif reason := it.result.get("response", ""):
        sound_failed(uow, session, playback, reason.lower(), it.at)
    elif it.result.get("playback_terminator_used"):
        end(uow, session, started(uow, session, playback, it.at), KEY, it.at)
    else:
        playback = started(uow, session, playback, it.at)
        _advance(uow, session, replace(playback, played=playback.played + 1), it.at)


def _gathered(uow: UnitOfWork, session: Session, playback: LegPlayback, result: Mapping[str, str], at: int) -> None:
    digits = legs.gathered(result)
    reason = "digits" if digits else "timeout" if "read_result" in result else "failed"
    uow.emit(leg_announcements.gathered(session, playback, digits, reason, at))
    _over(uow, session, playback, at, "the prompt cannot be played" if reason == "failed" else "")


def sound_failed(uow: UnitOfWork, session: Session, playback: LegPlayback, reason: str, at: int) -> None:
    """The one that is, or is next, in the switch; the rest goes on, but a gather has no rest."""
    url = playback.sound.get("url", "")
    uow.emit(leg_announcements.failed(session, playback, url, reason, at))
    if playback.kind == GATHER:
        _gathered(uow, session, playback, {}, at)
    else:
        _advance(uow, session, replace(playback, failed=playback.failed + 1), at, failed=True)


def _advance(uow: UnitOfWork, session: Session, playback: LegPlayback, at: int, failed: bool = False) -> None:
    """To the next sound, or round again; a round in which nothing could be played is the last."""
    position, rounds = playback.position + 1, playback.rounds
    quick = bool(playback.sent_at) and at - playback.sent_at < legs.SHORT_MS
    played_before = playback.played_before
    if position == len(playback.sounds):
        position, rounds = 0, rounds + 1
        if playback.played == played_before or (playback.loop and rounds >= playback.loop):
            _through(uow, session, playback, at)
            return
        played_before = playback.played
    freely = rounds < legs.SHORT_ROUNDS if playback.loop else failed and not rounds
    wait_ms = legs.PAUSE_MS if (quick or failed) and not freely else 0
    uow.leg_playbacks.put(
        replace(
            playback, position=position, rounds=rounds, played_before=played_before, wait_ms=wait_ms, status=PLAYING,
            step_uuid="", step_data="", sent_at=0,
        )
    )  # fmt: skip
    uow.after_commit(PlayToCall(session.id, playback.id))


def _through(uow: UnitOfWork, session: Session, playback: LegPlayback, at: int) -> None:
    if playback.started and playback.kind == HOLD:
        uow.emit(leg_announcements.unheld(session, playback, "failed", at))
    elif playback.started:
        uow.emit(leg_announcements.finished(session, playback, at))
    _over(uow, session, playback, at, "" if playback.started else "nothing of it could be played")


def place_changed(uow: UnitOfWork, session_id: str, at: int) -> None:
    """The call went into a room, or out of one, and goes on."""
    session = uow.sessions.get(session_id)
    playback = current(uow, session)
    if session is not None and playback is not None:
        end(uow, session, playback, MOVED, at)


def call_ended(uow: UnitOfWork, session: Session, at: int) -> Session:
    """Returns the session as it is then."""
    playback = current(uow, session)
    if playback is None:
        return session
    end(uow, session, playback, HANGUP, at)
    return uow.sessions.get(session.id) or session


def _over(uow: UnitOfWork, session: Session, playback: LegPlayback, at: int, error: str) -> None:
    uow.leg_playbacks.drop(playback.id)
    _set(uow, session, "")
    _close(uow, playback, at, error)


def _close(uow: UnitOfWork, playback: LegPlayback, at: int, error: str = "") -> None:
    """The operation that asked for it, unless its result was told before."""
    if operation := uow.operations.get(playback.id):
        operations.close(uow, operation, "failed" if error else "ok", error, at)


def _set(uow: UnitOfWork, session: Session, playback_id: str) -> None:
    now = uow.sessions.get(session.id) or session
    uow.sessions.put(replace(now, playback_id=playback_id))
