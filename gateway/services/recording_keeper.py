"""What is done to recordings after the commit: sent for a document, limited, looked after when over, made text.

In: effects; to_be_mended(node) after a gap. Out: commands, and the ends of recordings.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.domain.clock import Clock
from gateway.domain.recording import COMPLETED, FAILED, FINISHING, STARTING, WANTED, Recording
from gateway.domain.values import replace
from gateway.errors import MediaError, SwitchError, SwitchRefused
from gateway.services.document_recordings import SENT_BY_KEEPER
from gateway.services.effects import FinishRecording, LimitRecording, SendRecording, Transcribe
from gateway.services.notifications import Notifications
from gateway.services.reactions.recordings import RecordingReactions, fail
from gateway.services.recordings import record_command
from gateway.store import recordings as rows
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import ScheduleDelete, ScheduleStopRecording
from gateway.switch.pool import SwitchPool

log = logging.getLogger(__name__)
AT_ONCE = 100
MAX_MENDED = 5000
Mend = FinishRecording | LimitRecording | SendRecording | Transcribe


class Looked(Protocol):
    """What media/recorded.py finds."""

    @property
    def bytes(self) -> int: ...

    @property
    def duration_ms(self) -> int | None: ...


@dataclass(frozen=True)
class Files:
    """`finished(path, trim, measure, known_ms)` raises MediaError; see media/recorded.py."""

    directory: Path
    finished: Callable[[Path, bool, bool, int], Looked]

    def path_of(self, recording: Recording) -> Path:
        return self.directory / recording.file_name


class RecordingKeeper:
    """Each effect may come twice, or for a recording that is past it: the row decides."""

    def __init__(
        self, store: Store, pool: SwitchPool, files: Files, reactions: RecordingReactions, clock: Clock
    ) -> None:
        self._store = store
        self._pool = pool
        self._files = files
        self._reactions = reactions
        self._clock = clock

    def subscribe(self, notifications: Notifications) -> None:
        notifications.subscribe(SendRecording, self.send)
        notifications.subscribe(LimitRecording, self.limit)
        notifications.subscribe(FinishRecording, self.finish)

    def to_be_mended(self, node_id: str) -> list[Mend]:
        """After a gap: what a process before us may have died before it did."""
        active = self._store.read(lambda connection: rows.active_on(connection, node_id, MAX_MENDED))
        unsent = [SendRecording(one.id) for one in active if one.state == STARTING and one.notes.get(SENT_BY_KEEPER)]
        unlimited = [LimitRecording(one.id) for one in active if one.room_id and one.max_length_s and one.started_at]
        return [*unsent, *unlimited]

    def left_over(self, node_id: str) -> list[Mend]:
        """After each reconcile: files nobody has looked after, texts nobody has. Some may be under way: no harm."""
        over = self._store.read(lambda connection: rows.unfinished_on(connection, node_id, AT_ONCE))
        texts = self._store.read(lambda connection: rows.to_transcribe_on(connection, node_id, AT_ONCE))
        return [*map(FinishRecording, over), *map(Transcribe, texts)]

    def send(self, effect: SendRecording) -> None:
        """Sent anew it does no harm: the switch refuses a path that it has open."""
        recording = self._found(effect.recording_id)
        if recording is None or recording.state != STARTING:
            return
        try:
            self._pool.send(recording.node_id, record_command(recording, "start", self._files.directory))
        except SwitchRefused as error:
            reply = error.reply.strip()[:200]
            if "already being used" not in reply:
                self._change(recording, lambda uow, now: fail(uow, now, reply, uow.now))
        except SwitchError as error:
            log.warning("recording %s may not have been started: %s", recording.id, error.message)

    def limit(self, effect: LimitRecording) -> None:
        recording = self._found(effect.recording_id)
        if recording is None or recording.ended_at is not None or not recording.started_at:
            return
        left_ms = recording.started_at + 1000 * recording.max_length_s - self._clock.now_ms()
        path = str(self._files.path_of(recording))
        limit = ScheduleStopRecording(recording.room_id, max(1, -(-left_ms // 1000)), recording.id, path)
        self._pool.send(recording.node_id, limit, check=False)

    def finish(self, effect: FinishRecording) -> None:
        """A disk that does not answer (StoreError) is asked again after the next reconcile."""
        recording = self._found(effect.recording_id)
        if recording is None or not recording.unfinished:
            return
        trim = recording.trim_silence and recording.state == FINISHING
        if recording.room_id and recording.max_length_s:
            self._unlimit(recording)
        looked, error = self._looked(recording, trim)
        if looked is None and trim:  # better whole than not at all
            looked, error = self._looked(recording, False)
        self._change(recording, lambda uow, now: self._finished(uow, now, looked, error))

    def _looked(self, recording: Recording, trim: bool) -> tuple[Looked | None, str]:
        path, measure = self._files.path_of(recording), recording.reason == "lost"
        try:
            return self._files.finished(path, trim, measure, recording.duration_ms), ""
        except (MediaError, TimeoutError) as error:
            log.warning("%s: %s", path.name, error)
            return None, str(error)

    def _unlimit(self, recording: Recording) -> None:
        try:
            self._pool.send(recording.node_id, ScheduleDelete(recording.id), check=False)
        except SwitchError as error:
            log.info("recording %s: its clock is left to run out: %s", recording.id, error.message)

    def _finished(self, uow: UnitOfWork, now: Recording, looked: Looked | None, error: str) -> None:
        if not now.unfinished:
            return
        size = looked.bytes if looked is not None else 0
        length = looked.duration_ms if looked is not None and looked.duration_ms is not None else now.duration_ms
        now = replace(now, unfinished=False, bytes=size, duration_ms=length)
        uow.recordings.put(now)
        if now.state == FINISHING:
            self._reactions.complete(uow, now, uow.now, error)
        elif looked is None and now.state == COMPLETED:  # told by the switch's word alone, and there is no file
            uow.recordings.put(replace(now, state=FAILED, error=error))
        if now.transcription == WANTED:
            uow.after_commit(Transcribe(now.id))

    def _found(self, recording_id: str) -> Recording | None:
        return self._store.read(lambda connection: rows.find(connection, recording_id))

    def _change(self, recording: Recording, change: Callable[[UnitOfWork, Recording], None]) -> None:
        def work(uow: UnitOfWork) -> None:
            if now := uow.recordings.get(recording.id):
                change(uow, now)

        self._store.write(work, rows.needs_of(recording))
