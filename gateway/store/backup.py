"""A copy of an embedded database, taken while a gateway writes it. In: its URL, a file. Out: the copy, or none.

By SQLite's own backup: one read transaction, so the copy is of one moment; in WAL nobody waits for it. Copying the
files as they are gives a database that was never there.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from gateway.errors import ConfigError, StoreError


def back_up(database_url: str, target: Path) -> int:
    """Returns the copy's size in bytes. Raises ConfigError on PostgreSQL, StoreError where no whole copy came about."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise ConfigError("the database is a PostgreSQL: back it up with pg_dump")
    source = Path(url.database)
    if not source.exists():
        raise StoreError(f"there is no database at {source}")
    _reserve(target)
    part = target.with_name(f"{target.name}.part")
    try:
        _reserve(part)
        _copy(source, part)
        os.replace(part, target)
    except BaseException as error:
        for file in (part, target):
            with suppress(OSError):
                file.unlink()
        if isinstance(error, sqlite3.Error):
            raise StoreError(f"{source} could not be copied: {error}") from error
        raise
    return target.stat().st_size


def _reserve(file: Path) -> None:
    """An empty file of ours: webhook secrets will be in it."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        raise StoreError(f"{file} is there already; a backup overwrites nothing") from error
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error


def _copy(source: Path, part: Path) -> None:
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(part)) as copy:
        database.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file; the gateway makes it WAL again
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise StoreError(f"{source} is damaged ({found}): this would be no backup")
    with open(part, "rb") as file:
        os.fsync(file.fileno())
