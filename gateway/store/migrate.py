"""Migrations: brings a database to the tables of store/tables.py. In: an engine. Out: its revision.

Whoever migrates holds the database alone: by BEGIN IMMEDIATE on SQLite, by an advisory lock on PostgreSQL. Two
replicas that start at once do it one after the other, and the second finds nothing to do.
"""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import ConfigError, StoreError
from gateway.store.engine import begin_writing, is_postgres, writer

MIGRATION_LOCK = 4_733_102_026  # any number, the same in every version of the gateway
LOCK_WAIT_S = 60
HERE = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> str:
    """Bring the database to the newest revision, in one transaction; returns that revision."""
    config = _config()
    try:
        until = time.monotonic() + LOCK_WAIT_S
        with writer(engine) as connection, begin_writing(connection, lambda: time.monotonic() >= until):
            if is_postgres(engine):
                connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))  # a long migration is no hung one
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(f"the database was migrated by another version of the gateway: {error}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database could not be migrated: {_cause(error)}") from error
    return newest()


def current(engine: Engine) -> str | None:
    """The revision of the database; None for one that was never migrated."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise StoreError(f"the database did not answer: {_cause(error)}") from error


def newest() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise StoreError("the gateway was installed without its migrations")
    return head


def prepare(engine: Engine) -> None:
    """For commands beside a running gateway: a new database is set up, an older one is not touched."""
    revision = current(engine)
    if revision is None:
        upgrade(engine)
    elif revision != newest():
        raise ConfigError(
            f"the database is at revision {revision}, this gateway needs {newest()}: run `gateway db upgrade`"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _cause(error: SQLAlchemyError) -> str:
    """The driver's own words in one line; the statement and its parameters stay out of it."""
    words = str(getattr(error, "orig", None) or error).strip().splitlines()
    return words[0] if words else type(error).__name__
