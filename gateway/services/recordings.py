"""What an app asks of recordings: start, stop, pause, resume, of a room or a call; list, get, file.

A room's events tell what became of it. A leg's pause and resume have none: there the reply is the happening.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent

from gateway.domain.apps import App
from gateway.domain.ids import new_uuid
from gateway.domain.recording import ACTIVE, COMPLETED, FINISHING, PAUSED, RECORDING, STARTING, Recording
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.domain.verbs import RecordFormat
from gateway.errors import Conflict, Forbidden, InvalidInput, NotFound, SwitchTimeout
from gateway.schemas.shapes import recording_shape
from gateway.services import operations
from gateway.services.commands import Answer, Asked, CommandDesk, Gate, Step
from gateway.services.ownership import alive, in_progress, occupied, own_room
from gateway.services.paging import Page
from gateway.services.reactions.recordings import PAUSE, RESUME, START, STOP, Link, RecordingReactions, fail
from gateway.services.recording_sweep import RecordingSweep
from gateway.services.sessions import plan_for_call, stop_waiting
from gateway.store import recordings as rows
from gateway.store.recordings import RecordingFilter
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Command, RecordCall, RecordRoom

GROUP = "conference_record"
TIMEOUT_MS = 10_000
# How soon it is looked whether a recording is over, then half as long again each time: many may wait at once.
LOOK_FIRST_S, LOOK_LAST_S = 0.02, 0.5
DEFAULT_MAX_LENGTH_S = 14_400
_WORDS = {START: "start", STOP: "stop", PAUSE: "pause", RESUME: "resume"}


@dataclass(frozen=True)
class WantedRecording:
    """What a start asks for. `max_length_s` 0: no limit."""

    format: RecordFormat = "mp3"
    max_length_s: int = DEFAULT_MAX_LENGTH_S
    trim_silence: bool = False


class Recordings:
    """`directory` as the gateway and the switch both see it; `link(recording)` is the signed URL of a file.

    `trim_fault(format)` says why silence cannot be trimmed here, '' when it can.
    """

    def __init__(
        self,
        store: Store,
        desk: CommandDesk,
        directory: Path,
        link: Link,
        reactions: RecordingReactions,
        sweep: RecordingSweep,
        trim_fault: Callable[[str], str] = lambda _format: "",
    ) -> None:
        self._store = store
        self._desk = desk
        self._directory = directory
        self._link = link
        self._reactions = reactions
        self._sweep = sweep
        self._trim_fault = trim_fault

    # -- rooms

    def start_room(self, asked: Asked, room_id: str, wanted: WantedRecording) -> Answer:
        """202; the recording's id is the operation's. Conflict where nobody is in, or one runs."""
        self._check(wanted)
        needs = self._desk.needs(asked, GROUP, room_id, rooms=(room_id,))

        def plan(uow: UnitOfWork) -> Answer | Step:
            room = own_room(uow, asked.app, room_id)
            gate = self._desk.gate(uow, asked, GROUP, room_id)
            if gate.answer:
                return gate.answer
            occupied(room)
            _refuse_second(uow, rows.active_of_room(uow, room_id))
            gate.close(uow)
            recording = _new(asked, room.node_id, wanted, uow.now, room_id=room_id)
            return self._step(uow, asked, recording, START, recording.id, _undo_start(recording))

        return self._desk.run(asked, needs, plan)

    def control_room(self, asked: Asked, room_id: str, what: str) -> Answer:
        """`what`: record/stop, record/pause or record/resume. Conflict where none runs, or it is so already."""
        needs = self._desk.needs(asked, GROUP, room_id, rooms=(room_id,))

        def plan(uow: UnitOfWork) -> Answer | Step:
            own_room(uow, asked.app, room_id)
            gate = self._desk.gate(uow, asked, GROUP, room_id)
            if gate.answer:
                return gate.answer
            recording = _running(rows.active_of_room(uow, room_id), what)
            gate.close(uow)
            return self._controlled(uow, asked, recording, what)

        return self._desk.run(asked, needs, plan)

    # -- calls

    def start_call(self, asked: Asked, session_id: str, wanted: WantedRecording) -> Answer:
        """Both sides on one channel. Conflict where the call is not answered, or is recorded already."""
        self._check(wanted)
        needs = self._desk.needs(asked, sessions=(session_id,))

        def plan(uow: UnitOfWork, session: Session, gate: Gate) -> Step:
            in_progress(session)
            _refuse_second(uow, rows.active_of_session(uow, session_id))
            gate.close(uow)
            stop_waiting(uow, session)
            mark_recorded(uow, session_id)
            recording = _new(asked, session.node_id, wanted, uow.now, session_id=session_id)
            return self._step(uow, asked, recording, START, recording.id, _undo_start(recording))

        return self._desk.run(asked, needs, plan_for_call(self._desk, asked, session_id, plan))

    def control_call(self, asked: Asked, session_id: str, what: str) -> Answer:
        needs = self._desk.needs(asked, sessions=(session_id,))

        def plan(uow: UnitOfWork, session: Session, gate: Gate) -> Step:
            alive(session)
            recording = _running(rows.active_of_session(uow, session_id), what)
            gate.close(uow)
            return self._controlled(uow, asked, recording, what)

        answer = self._desk.run(asked, needs, plan_for_call(self._desk, asked, session_id, plan))
        if what in (PAUSE, RESUME) and not answer.remembered:
            self._store.write(lambda uow: self._paused(uow, session_id, what), needs)
        return answer

    def _paused(self, uow: UnitOfWork, session_id: str, what: str) -> None:
        """Its reply was +OK: that is the happening. What we believe to be so already is only answered: see _running."""
        recording = rows.active_of_session(uow, session_id)
        if recording is None:
            return
        self._reactions.set_paused(uow, recording, what == PAUSE, uow.now)
        if recording.asked == what and (recording.state == PAUSED) == (what == PAUSE):
            uow.recordings.put(replace(recording, asked="", asked_uid="", was_paused=True))
            operations.end(uow, session_id, (what,), uow.now)

    # -- what both do

    def _check(self, wanted: WantedRecording) -> None:
        if wanted.trim_silence and (fault := self._trim_fault(wanted.format)):
            raise InvalidInput(f"Invalid request: {fault}", detail={"fields": {"trim_silence": [fault]}})

    def _controlled(self, uow: UnitOfWork, asked: Asked, recording: Recording, what: str) -> Step:
        before = recording.asked, recording.asked_uid
        recording = replace(recording, asked=what, asked_uid=asked.command_uid)
        return self._step(uow, asked, recording, what, new_uuid(), _undo_asked(recording.id, *before))

    def _step(
        self, uow: UnitOfWork, asked: Asked, recording: Recording, what: str, operation_id: str,
        undo: Callable[[UnitOfWork], None],
    ) -> Step:  # fmt: skip
        uow.recordings.put(recording)
        answer = operations.begin(uow, asked, self._desk.owner, operation_id, recording.subject, what, TIMEOUT_MS)
        answer = replace(answer, body={**answer.body, "recording_id": recording.id})
        command = record_command(recording, _WORDS[what], self._directory)

        def take_back(undone: UnitOfWork) -> None:
            undone.operations.drop(operation_id)
            undo(undone)

        return Step(recording.node_id, command, answer, take_back)

    # -- what there is

    def page(self, app: App, page: Page, wanted: RecordingFilter) -> dict[str, Any]:
        after = page.after(int, str)
        mine = replace(wanted, app_id=app.id)
        found = self._store.read(lambda connection: rows.page(connection, mine, after, page.limit + 1))
        shown, cursor = page.cut(found, lambda recording: (recording.created_at, recording.id))
        return {"recordings": [self.shape(recording) for recording in shown], "cursor": cursor}

    def get(self, app: App, recording_id: str) -> Recording:
        """Raises NotFound, or Forbidden for another app's."""
        recording = self._store.read(lambda connection: rows.find(connection, recording_id))
        if recording is None:
            raise NotFound("Recording not found", "recording-not-found")
        if recording.app_id != app.id:
            raise Forbidden("Recording belongs to a different application", "recording-forbidden")
        return recording

    def ended(self, app: App, recording_id: str, limit_s: float) -> Recording:
        """Waits until it is over and its file whole. Raises SwitchTimeout after `limit_s`."""
        deadline, look_s = time.monotonic() + limit_s, LOOK_FIRST_S
        while (recording := self.get(app, recording_id)).state in (*ACTIVE, FINISHING):
            if time.monotonic() >= deadline:
                raise SwitchTimeout("The recording's end was asked for and has not been told yet.")
            gevent.sleep(look_s)
            look_s = min(1.5 * look_s, LOOK_LAST_S)
        return recording

    def delete(self, app: App, recording_id: str) -> None:
        """File and row; Conflict while it is being recorded."""
        recording = self.get(app, recording_id)
        if recording.unfinished or recording.state in (*ACTIVE, FINISHING):
            raise Conflict("The recording is not over yet", "recording-active")
        self._sweep.forget([recording])

    def of_call(self, session: Session) -> list[dict[str, Any]]:
        """The recordings of a call, in short."""
        if not session.recorded:
            return []
        found = self._store.read(lambda connection: rows.of_session(connection, session.id))
        return [self._reactions.brief(recording) for recording in found]

    def shape(self, recording: Recording) -> dict[str, Any]:
        return recording_shape(recording, self._link(recording) if recording.state == COMPLETED else "")

    def file(self, app: App, recording_id: str) -> tuple[Recording, Path]:
        """Its file; Conflict while it is being recorded, NotFound when there is none."""
        recording = self.get(app, recording_id)
        if recording.state in (*ACTIVE, FINISHING):
            raise Conflict("The recording is not over yet", "recording-active")
        path = self._directory / recording.file_name
        if recording.state != COMPLETED or not path.is_file():
            raise NotFound("The file of this recording is gone", "recording-file-gone")
        return recording, path


def mark_recorded(uow: UnitOfWork, session_id: str) -> None:
    session = uow.sessions.get(session_id)
    if session is not None and not session.recorded:
        uow.sessions.put(replace(session, recorded=True))


def record_command(recording: Recording, word: str, directory: Path) -> Command:
    """For the room or the leg. The switch counts whole seconds, and a limit of N may end just after N - 1."""
    path = str(directory / recording.file_name)
    if recording.room_id:
        return RecordRoom(recording.room_id, word, path)
    channel = recording.session_id.partition("-")[2]
    limit_s = recording.max_length_s + 1 if recording.max_length_s and word == "start" else 0
    return RecordCall(channel, word, path, limit_s)


def _new(
    asked: Asked, node_id: str, wanted: WantedRecording, now: int, room_id: str = "", session_id: str = ""
) -> Recording:
    return Recording(
        new_uuid(), asked.app.id, node_id, wanted.format, now, room_id, session_id,
        max_length_s=wanted.max_length_s, trim_silence=wanted.trim_silence, command_uid=asked.command_uid,
    )  # fmt: skip


def _refuse_second(uow: UnitOfWork, running: Recording | None) -> None:
    """One whose start was never reported is none."""
    if running is not None and running.state == STARTING and uow.now - running.created_at > TIMEOUT_MS:
        fail(uow, running, "the switch did not report its start", uow.now)
    elif running is not None:
        raise Conflict("A recording is under way", "recording-active", {"recording_id": running.id})


def _running(recording: Recording | None, what: str) -> Recording:
    if recording is None:
        raise Conflict("No recording is under way", "no-recording")
    if recording.session_id and recording.asked == {PAUSE: RESUME, RESUME: PAUSE}.get(what):
        return recording  # whose reply was lost, and no event or list tells of it: it may have run
    if what == PAUSE and recording.state != RECORDING:
        raise Conflict("The recording is not running", "recording-not-running")
    if what == RESUME and recording.state != PAUSED:
        raise Conflict("The recording is not paused", "recording-not-paused")
    return recording


def _undo_start(recording: Recording) -> Callable[[UnitOfWork], None]:
    return lambda uow: uow.recordings.drop(recording.id)


def _undo_asked(recording_id: str, asked: str, asked_uid: str) -> Callable[[UnitOfWork], None]:
    def undo(uow: UnitOfWork) -> None:
        if recording := uow.recordings.get(recording_id):
            uow.recordings.put(replace(recording, asked=asked, asked_uid=asked_uid))

    return undo
