"""Recordings that documents ask for: of a room while it runs, of what a caller says, of a call in the background.

Rows are made here, each under an id that a verb finds again after a crash; the switch's events do the rest.
"""

from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gateway.domain.flow import Flow
from gateway.domain.ids import new_uuid
from gateway.domain.member import Seat
from gateway.domain.recording import WANTED, Recording
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.domain.verbs import Record, StartRecording
from gateway.errors import SwitchRefused
from gateway.services.effects import SendRecording
from gateway.services.reactions.recordings import STOP, Link
from gateway.services.recordings import mark_recorded, record_command
from gateway.store import recordings as rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.pool import SwitchPool

SENT_BY_KEEPER = "sent_by_keeper"  # in the notes of a row whose start is an effect, not a verb's own step


def entered(uow: UnitOfWork, flow: Flow | None, room: Room, session: Session, seat: Seat) -> None:
    """A member is in. The first whose document records begins the room's file, once the room has begun.

    `flow` is that of its document. In an instance of the conference the wish is granted once: what an app stopped
    stays stopped, until another document asks.
    """
    running = room.running
    asks = flow is not None and bool(flow.notes.get("record"))
    if not asks and not running.get("record"):
        return
    starts = flow is None or bool(flow.notes.get("starts", True))
    begun = starts or not running.get("waits") or running.get("begun") == seat.conference_uuid
    wish = running.get("record") or _wish(flow, room, session, seat)
    running = {**running, "record": wish, **({"begun": seat.conference_uuid} if begun else {})}
    active = rows.active_of_room(uow, room.id)
    if active is not None:
        _also_transcribed(uow, active, running)
    elif begun and (asks or running.get("recorded") != seat.conference_uuid):
        running["recorded"] = seat.conference_uuid
        _begin(uow, room, seat, wish, running)
    uow.rooms.put(replace(room, running=running))


def _wish(flow: Flow | None, room: Room, session: Session, seat: Seat) -> dict[str, Any]:
    """Whose callbackUrl is told, and what it is told of him beside the recording."""
    notes = flow.notes if flow is not None else {}
    return {
        "callback_url": notes.get("callback_url", ""),
        "callback_method": notes.get("callback_method", "POST"),
        "session_id": session.id,
        "callback_params": {
            "ConferenceAction": "record",
            "ConferenceName": room.name,
            "ConferenceUUID": room.id,
            "ConferenceMemberID": f"m{seat.member_id}",
            "CallUUID": session.id,
        },
    }


def _begin(uow: UnitOfWork, room: Room, seat: Seat, wish: dict[str, Any], running: dict[str, Any]) -> None:
    recording = Recording(
        new_uuid(), room.app_id, room.node_id, running.get("record_format", "mp3"), uow.now, room.id,
        conference_uuid=seat.conference_uuid, notes={**wish, SENT_BY_KEEPER: True},
    )  # fmt: skip
    uow.recordings.put(recording)
    _also_transcribed(uow, recording, running)
    uow.after_commit(SendRecording(recording.id))


def _also_transcribed(uow: UnitOfWork, recording: Recording, running: dict[str, Any]) -> None:
    """By the first document that names it while the room runs."""
    kind = running.get("transcription_type")
    if not kind or recording.transcription:
        return
    wanted = transcription_notes(
        kind, running.get("transcription_url", ""), running.get("transcription_method", "POST")
    )
    call = {} if "session_id" in recording.notes else {"session_id": ""}
    uow.recordings.put(replace(recording, transcription=WANTED, notes={**recording.notes, **call, **wanted}))


def transcription_notes(kind: str, url: str, method: str) -> dict[str, str]:
    return {"transcription_type": kind, "transcription_url": url, "transcription_method": method}


class DocumentRecordings:
    """For verbs. `verb_id` names a verb of a call's document: the same one has the same recording."""

    def __init__(self, store: Store, pool: SwitchPool, directory: Path, link: Link) -> None:
        self._store = store
        self._pool = pool
        self._directory = directory
        self._link = link

    def path_of(self, recording: Recording) -> str:
        return str(self._directory / recording.file_name)

    def link_of(self, recording: Recording) -> str:
        return self._link(recording)

    def begin(self, session: Session, verb_id: str, verb: Record | StartRecording) -> Recording:
        """The row of this verb's recording, made unless it is there.

        A StartRecording is sent to the switch besides, unless the call is being recorded: then that one is returned.
        """
        background = isinstance(verb, StartRecording)
        recording = _of_verb(session, str(uuid5(NAMESPACE_URL, verb_id)), verb)

        def work(uow: UnitOfWork) -> Recording:
            known = uow.recordings.get(recording.id)
            running = rows.active_of_session(uow, session.id) if known is None and background else None
            if known is not None or running is not None:
                return known or running or recording
            made = replace(recording, created_at=uow.now)
            uow.recordings.put(made)
            mark_recorded(uow, session.id)
            if background:
                uow.after_commit(SendRecording(made.id))
            return made

        return self._store.write(work, Needs(sessions=(session.id,), recordings=(recording.id,)))

    def found(self, recording: Recording) -> Recording:
        """As it is now."""
        return self._store.read(lambda connection: rows.find(connection, recording.id)) or recording

    def stop(self, session: Session) -> None:
        """What is recorded in the background; nothing when nothing is. Raises SwitchUnavailable, SwitchTimeout."""

        def asked(uow: UnitOfWork) -> Recording | None:
            recording = rows.active_of_session(uow, session.id)
            if recording is not None:
                uow.recordings.put(replace(recording, asked=STOP))
            return recording

        recording = self._store.write(asked, Needs(sessions=(session.id,)))
        if recording is not None:
            try:
                self._pool.send(session.node_id, record_command(recording, "stop", self._directory))
            except SwitchRefused:
                return  # it ended meanwhile


def _of_verb(session: Session, recording_id: str, verb: Record | StartRecording) -> Recording:
    notes: dict[str, Any] = {"callback_url": verb.callback_url, "callback_method": verb.callback_method}
    notes |= {"session_id": session.id, "callback_params": {"CallUUID": session.id}}
    if verb.transcription_type:
        notes |= transcription_notes(verb.transcription_type, verb.transcription_url, verb.transcription_method)
    if isinstance(verb, StartRecording):
        notes[SENT_BY_KEEPER] = True
    return Recording(
        recording_id, session.app_id, session.node_id, verb.file_format, 0, session_id=session.id,
        max_length_s=verb.max_length_s or 0, notes=notes, transcription=WANTED if verb.transcription_type else "",
    )  # fmt: skip
