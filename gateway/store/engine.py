"""Database engines: SQLite (embedded, WAL, synchronous=FULL) or PostgreSQL by URL, behind one face."""

import logging
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import orjson
from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from gateway.errors import ConfigError

# A server that is gone without a word, or a replica that stands still while it holds locks, must not hold us.
STATEMENT_TIMEOUT_MS = 20_000
LOCK_TIMEOUT_MS = 5_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
# A group of 500 events touches 400 pages and more: beyond 2 MB they are written and read again before the COMMIT.
WRITER_CACHE_KIB = 16_000
CHECKPOINT_PAGES = 16_000  # each checkpoint writes the same busy pages again
LOCKED_PAUSE_S = 0.02
LOCKED_LONG_S = 1.0  # then an operator is told what everybody waits for
_POSTGRES_LIMITS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
    f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}",
}
log = logging.getLogger(__name__)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def open_engine(url: str) -> Engine:
    """Raises ConfigError for a URL that is neither sqlite:///path nor postgresql+psycopg://…"""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("GATEWAY_DATABASE_URL: not a database URL") from error
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, parsed.database)
    if parsed.drivername == "postgresql+psycopg":
        return create_engine(
            url,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            pool_size=8,
            max_overflow=8,
            pool_pre_ping=True,
            pool_timeout=10,
            connect_args=_POSTGRES_LIMITS,
        )
    raise ConfigError(
        f"GATEWAY_DATABASE_URL: expected sqlite:///… or postgresql+psycopg://…, got {parsed.drivername}://…"
    )


def _open_sqlite(url: str, database: str | None) -> Engine:
    if not database or database == ":memory:":
        raise ConfigError("GATEWAY_DATABASE_URL: SQLite needs a file: in memory nothing would survive")
    _make_file(database)
    engine = create_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={"timeout": 10, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that writes take their lock at once
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-2000",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # On the driver's connection: a statement by SQLAlchemy costs 15 us, each transaction has this one.
        writes = connection.get_execution_options().get("writes")
        try:
            connection.connection.driver_connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
        except sqlite3.Error as error:
            raise DBAPIError.instance("BEGIN", None, error, sqlite3.Error, dialect=connection.dialect) from error

    return engine


def _make_file(database: str) -> None:
    """Webhook secrets are in it: ours alone, from its first byte (SQLite gives -wal and -shm the same rights)."""
    try:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
        os.chmod(database, 0o600)
    except OSError as error:
        raise ConfigError(f"GATEWAY_DATABASE_URL: {database} cannot be opened: {error.strerror}") from error


def writer(engine: Engine) -> Connection:
    """A connection for begin_writing(). On SQLite it does not wait in the busy handler: that is C code on our only

    thread, and nobody else would run meanwhile, be it for ten seconds. Only BEGIN can find the file locked: in WAL
    reads wait for nobody, a commit has the lock already, and its checkpoint leaves out what others still read.
    """
    if is_postgres(engine):
        return engine.connect()
    connection = engine.execution_options(writes=True).connect()
    for pragma in ("busy_timeout=0", f"cache_size=-{WRITER_CACHE_KIB}"):
        connection.connection.cursor().execute(f"PRAGMA {pragma}")
    wait_for_disk(connection, True)  # the pool may give back one that did not
    return connection


def wait_for_disk(connection: Connection, wait: bool) -> None:
    """Between two transactions of a writer() on SQLite: whether the next commits wait until the disk has them.

    One that does not leaves the checkpoint, which takes long, to one that does.
    """
    pages = CHECKPOINT_PAGES if wait else 0
    connection.connection.cursor().execute(f"PRAGMA synchronous={'FULL' if wait else 'NORMAL'}")
    connection.connection.cursor().execute(f"PRAGMA wal_autocheckpoint={pages}")


def begin_writing(connection: Connection, given_up: Callable[[], bool]) -> RootTransaction:
    """BEGIN, as soon as no other process holds the write lock; while one does all others go on here.

    Raises the database's error once `given_up()`. Nothing has run before it, so it may be tried again.
    """
    began, told = time.monotonic(), False
    while True:
        try:
            transaction = connection.begin()
        except DBAPIError as error:
            if not _is_locked(error) or given_up():
                raise
        else:
            if told:
                log.warning("the database could be written after %.1f s", time.monotonic() - began)
            return transaction
        if not told and time.monotonic() - began >= LOCKED_LONG_S:
            told = True
            log.warning("another process holds the write lock of the database (a shell, a VACUUM?); writes wait")
        gevent.sleep(LOCKED_PAUSE_S)


def _is_locked(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # above it are the kinds of it


def is_postgres(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"
