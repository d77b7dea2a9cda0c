"""Recordings become text: the effect Transcribe in, transcriptionUrl told and transcription.* out.

What was not done when a process died is done by the next: the row says `wanted` until its result is committed.
"""

import logging
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import gevent

from gateway.domain.flow import Callback
from gateway.domain.recording import COMPLETED, TRANSCRIBED, UNTRANSCRIBED, WANTED, Recording
from gateway.domain.values import replace
from gateway.errors import GatewayError, MediaError
from gateway.services import announcements
from gateway.services.effects import Transcribe
from gateway.services.notifications import Notifications
from gateway.store import recordings as rows
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)
STOP_LIMIT_S = 5.0
MAX_TRIES = 4
PASSING = ("http", "timeout")
CENTS = Decimal("0.00001")


class Heard(Protocol):
    @property
    def text(self) -> str: ...


class Transcriptions:
    """`transcribe(path, kind)` raises MediaError; it lets as many run at once as the settings say, others wait.

    `rate_per_min` is what a minute costs, for transcription_rate and transcription_charge.
    """

    def __init__(
        self, store: Store, directory: Path, transcribe: Callable[[Path, str], Heard], rate_per_min: float = 0.0
    ) -> None:
        self._store = store
        self._directory = directory
        self._transcribe = transcribe
        self._rate = Decimal(str(rate_per_min))
        self._busy: dict[str, gevent.Greenlet] = {}

    def subscribe(self, notifications: Notifications) -> None:
        notifications.subscribe(Transcribe, self.begin)

    def begin(self, effect: Transcribe) -> None:
        """In a greenlet of its own; one that is under way is not begun again."""
        if effect.recording_id not in self._busy:
            greenlet = gevent.spawn(self.run, effect.recording_id)
            self._busy[effect.recording_id] = greenlet
            greenlet.rawlink(lambda _greenlet: self._busy.pop(effect.recording_id, None))

    def stop(self) -> None:
        gevent.killall(list(self._busy.values()), timeout=STOP_LIMIT_S)

    def run(self, recording_id: str) -> None:
        """A provider that is away is asked again after the next reconcile, MAX_TRIES times in all."""
        recording = self._store.read(lambda connection: rows.find(connection, recording_id))
        if recording is None or recording.transcription != WANTED or recording.unfinished:
            return
        text, error, again = self._text(recording)
        tries = recording.notes.get("transcription_tries", 0) + 1
        try:
            if again and tries < MAX_TRIES:
                self._store.write(lambda uow: _tried(uow, recording_id, tries), rows.needs_of(recording))
            else:
                self._store.write(lambda uow: self._told(uow, recording_id, text, error), rows.needs_of(recording))
        except GatewayError as fault:
            log.warning("recording %s: its text waits for the next start: %s", recording_id, fault.message)

    def _text(self, recording: Recording) -> tuple[str, str, bool]:
        """The text, or why there is none and whether that may pass."""
        if recording.state != COMPLETED:
            return "", "there is no recording", False
        try:
            kind = recording.notes["transcription_type"]
            return self._transcribe(self._directory / recording.file_name, kind).text, "", False
        except MediaError as error:
            log.warning("recording %s: %s", recording.id, error.message)
            return "", error.message, error.detail.get("reason") in PASSING

    def _told(self, uow: UnitOfWork, recording_id: str, text: str, error: str) -> None:
        recording = uow.recordings.get(recording_id)
        if recording is None or recording.transcription != WANTED:
            return
        recording = replace(recording, transcription=UNTRANSCRIBED if error else TRANSCRIBED)
        uow.recordings.put(recording)
        uow.emit(announcements.transcription(recording, text, error, uow.now))
        notes = recording.notes
        if url := notes.get("transcription_url"):
            params = self._parameters(recording, text, error)
            callback = Callback(url, notes.get("transcription_method", "POST"), params)
            uow.tell(callback, recording.app_id, notes.get("session_id", recording.session_id), recording.room_id)

    def _parameters(self, recording: Recording, text: str, error: str) -> dict[str, str]:
        """contracts/plivo-conference-xml.txt, "Transcription URL Parameters"."""
        charge = Decimal(0) if error else self._rate * recording.duration_ms / 60_000
        return {
            "transcription": text,
            "transcription_charge": _money(charge),
            "transcription_rate": _money(self._rate),
            "duration": str(round(recording.duration_ms / 1000)),
            "call_uuid": recording.notes.get("session_id") or recording.session_id,
            "recording_id": recording.id,
            "error": error,
        }


def _tried(uow: UnitOfWork, recording_id: str, tries: int) -> None:
    recording = uow.recordings.get(recording_id)
    if recording is not None and recording.transcription == WANTED:
        uow.recordings.put(replace(recording, notes={**recording.notes, "transcription_tries": tries}))


def _money(amount: Decimal) -> str:
    """0, 0.015: no zeros behind."""
    return f"{amount.quantize(CENTS):f}".rstrip("0").rstrip(".")
