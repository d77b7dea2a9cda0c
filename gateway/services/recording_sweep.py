"""Recordings go, file and row: the old ones by and by, one at its owner's word. In: which. Out: how many are gone."""

import logging
from collections.abc import Callable
from pathlib import Path

from gateway.domain.recording import Recording
from gateway.store import recordings as rows
from gateway.store.store import Store

log = logging.getLogger(__name__)


class RecordingSweep:
    """`remove(path)` deletes a file; one that is gone already is no error."""

    def __init__(self, store: Store, directory: Path, remove: Callable[[Path], None]) -> None:
        self._store = store
        self._directory = directory
        self._remove = remove

    def sweep(self, before_ms: int, limit: int) -> int:
        """Those that ended before, at most `limit`. What is still looked after stays, and what cannot be deleted."""
        return self.forget(self._store.read(lambda connection: rows.ended_before(connection, before_ms, limit)))

    def forget(self, recordings: list[Recording]) -> int:
        """The file first: a row without a file is harmless, a file without a row stays for ever."""
        gone = [recording.id for recording in recordings if self._removed(recording)]
        return self._store.write(lambda uow: rows.forget(uow, gone)) if gone else 0

    def _removed(self, recording: Recording) -> bool:
        try:
            self._remove(self._directory / recording.file_name)
        except OSError as error:
            log.warning("recording %s stays: %s", recording.id, error)
            return False
        return True
