"""One `serve` to an embedded database. In: its URL. Out: a lock that lasts until it is released or the process ends."""

import fcntl
import os
from typing import IO

from sqlalchemy.engine import make_url

from gateway.errors import ConfigError


class ProcessLock:
    """flock on `{db}.lock`: the kernel drops it with the process, so a crash leaves nothing to clean up."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Raises ConfigError when another process serves this database."""
        os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
        # Opened for appending: who fails to get the lock must not empty the file, which names its holder.
        file = open(self._path, "a+", encoding="utf-8")  # noqa: SIM115 - it stays open as long as the lock is held
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read(20).strip()
            file.close()
            raise ConfigError(
                f"another gateway{f' (process {holder})' if holder else ''} already serves the database"
                f" {self._path.removesuffix('.lock')}; stop it, or give this one a GATEWAY_DATA_DIR of its own"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """The file stays: removing it would let two processes lock two files of one name."""
        if self._file is not None:
            self._file.close()
            self._file = None


def process_lock(database_url: str) -> ProcessLock | None:
    """The lock of an embedded database; None on PostgreSQL, which any number of gateways may share."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return ProcessLock(f"{os.path.abspath(url.database)}.lock")
