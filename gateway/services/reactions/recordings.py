"""Recordings begin, pause and end. The id in the file's name says which; duplicates are known by state."""

from collections.abc import Callable
from typing import Any

from gateway.domain import happenings as told
from gateway.domain.flow import Callback
from gateway.domain.recording import (
    ACTIVE,
    COMPLETED,
    FAILED,
    FINISHING,
    PAUSED,
    RECORDING,
    STARTING,
    UNTRANSCRIBED,
    WANTED,
    Recording,
)  # fmt: skip
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.schemas.shapes import recording_brief
from gateway.services import announcements, operations
from gateway.services.effects import FinishRecording, LimitRecording
from gateway.store import recordings as rows
from gateway.store.unit_of_work import UnitOfWork

START, STOP, PAUSE, RESUME = "record/start", "record/stop", "record/pause", "record/resume"
Link = Callable[[Recording], str]


class RecordingReactions:
    """`link(recording)` is the signed URL of its file."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def started(self, uow: UnitOfWork, it: told.RecordingStarted) -> None:
        recording = uow.recordings.get(it.recording_id)
        if recording is None or recording.state != STARTING:
            return
        if it.error:
            fail(uow, recording, it.error, it.at)
            return
        recording = replace(recording, state=RECORDING, started_at=it.at, conference_uuid=it.conference_uuid)
        uow.recordings.put(recording)
        _remember_in_room(uow, recording, self._link(recording))
        if not _room_is_gone(uow, recording):
            uow.emit(announcements.recording(recording, "started", "", it.at, recording.command_uid))
        operations.end(uow, recording.subject, (START,), it.at)
        if recording.room_id and recording.max_length_s:
            uow.after_commit(LimitRecording(recording.id))

    def paused(self, uow: UnitOfWork, it: told.RecordingPauseChanged) -> None:
        if recording := uow.recordings.get(it.recording_id):
            self.set_paused(uow, recording, it.paused, it.at)

    def set_paused(self, uow: UnitOfWork, recording: Recording, paused: bool, at: int) -> None:
        if recording.state != (RECORDING if paused else PAUSED):
            return
        word = PAUSE if paused else RESUME
        uid = recording.asked_uid if recording.asked == word else ""
        asked = ("", "") if uid else (recording.asked, recording.asked_uid)
        recording = replace(recording, state=PAUSED if paused else RECORDING, was_paused=True)
        recording = replace(recording, asked=asked[0], asked_uid=asked[1])
        uow.recordings.put(recording)
        if not _room_is_gone(uow, recording):
            uow.emit(announcements.recording(recording, "paused" if paused else "resumed", "", at, uid))
        operations.end(uow, recording.subject, (word,), at)

    def ended(self, uow: UnitOfWork, it: told.RecordingEnded) -> None:
        recording = uow.recordings.get(it.recording_id)
        if recording is None or recording.state not in ACTIVE:
            return
        if recording.state == STARTING:
            if it.missed:
                fail(uow, recording, "the switch did not report its start", it.at)
                return
            # Its beginning was not seen: told now, so that the chain is whole.
            began = it.at - (it.duration_ms or 0)
            self.started(uow, told.RecordingStarted(recording.id, it.room_id, it.session_id, "", began))
            recording = uow.recordings.get(it.recording_id) or recording
        recording = replace(
            recording, state=FINISHING, ended_at=it.at, duration_ms=it.duration_ms or 0, unfinished=True,
            reason=_reason(recording, it),
        )  # fmt: skip
        uow.recordings.put(recording)
        if it.duration_ms is not None and not recording.trim_silence:
            self.complete(uow, recording, it.at)
        uow.after_commit(FinishRecording(recording.id))

    def of_call(self, uow: UnitOfWork, session: Session) -> list[Recording]:
        """Of a call that was never recorded nobody asks the store."""
        return rows.all_of_session(uow, session.id) if session.recorded else []

    def brief(self, recording: Recording) -> dict[str, Any]:
        return recording_brief(recording, self._link(recording))

    def complete(self, uow: UnitOfWork, recording: Recording, at: int, error: str = "") -> None:
        """Told, with the URL; `error` says why there is nothing behind it."""
        uid = recording.asked_uid if recording.asked == STOP else recording.command_uid
        lost = UNTRANSCRIBED if error and recording.transcription == WANTED else recording.transcription
        state = FAILED if error else COMPLETED
        recording = replace(recording, state=state, error=error, asked="", asked_uid="", transcription=lost)
        uow.recordings.put(recording)
        url = "" if error else self._link(recording)
        uow.emit(announcements.recording(recording, "completed", url, at, uid))
        operations.end(uow, recording.subject, (STOP, PAUSE, RESUME), at)
        self._call_back(uow, recording, url)

    def _call_back(self, uow: UnitOfWork, recording: Recording, url: str) -> None:
        """To the document that asked for it; its parameters beside those of the recording were kept at the start."""
        notes = recording.notes
        if not notes.get("callback_url"):
            return
        params = {**notes.get("callback_params", {}), **recording_parameters(recording, url)}
        callback = Callback(notes["callback_url"], notes.get("callback_method", "POST"), params)
        session_id = notes.get("session_id", recording.session_id)
        uow.tell(callback, recording.app_id, session_id, recording.room_id)


def recording_parameters(recording: Recording, url: str) -> dict[str, str]:
    """Plivo's, of a recording that is over."""
    return {
        "RecordUrl": url,
        "RecordingID": recording.id,
        "RecordingDuration": str(round(recording.duration_ms / 1000)),
        "RecordingDurationMs": str(recording.duration_ms),
        "RecordingStartMs": str(recording.started_at or recording.created_at),
        "RecordingEndMs": str(recording.end_ms),
    }


def fail(uow: UnitOfWork, recording: Recording, error: str, at: int) -> None:
    """It never began."""
    lost = UNTRANSCRIBED if recording.transcription == WANTED else recording.transcription
    failed = replace(recording, state=FAILED, ended_at=at, error=error, reason="failed", transcription=lost)
    uow.recordings.put(failed)
    operations.end(uow, recording.subject, (START, STOP, PAUSE, RESUME), at, error)


def _reason(recording: Recording, it: told.RecordingEnded) -> str:
    if it.missed:
        return "lost"
    if recording.asked == STOP:
        return "stopped"
    if it.hung_up:
        return "hangup"
    started = recording.started_at or it.at
    if recording.max_length_s and it.at - started >= 1000 * (recording.max_length_s - 1):
        return "max_length"
    return "room_empty" if recording.room_id else "stopped"


def _room_is_gone(uow: UnitOfWork, recording: Recording) -> bool:
    """Contract: "conference.destroyed first, then recording.completed and member.left"; nothing else of a recording."""
    room = uow.rooms.get(recording.room_id) if recording.room_id else None
    return room is not None and room.destroyed_at is not None


def _remember_in_room(uow: UnitOfWork, recording: Recording, url: str) -> None:
    """For the documents of those who leave while it runs (services/room_roles.py)."""
    room = uow.rooms.get(recording.room_id) if recording.room_id else None
    if room is not None:
        known = {"id": recording.id, "url": url, "conference": recording.conference_uuid}
        uow.rooms.put(replace(room, running={**room.running, "recording": known}))
