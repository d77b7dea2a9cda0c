"""What the database said no for. In: its error. Out: whether the same change may be tried again later, in a sentence.

Whoever applies events relies on it: what the change itself is to blame for is skipped, for anything else it waits.
"""

import sqlite3
from typing import Any

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    PendingRollbackError,
    ProgrammingError,
    ResourceClosedError,
    SQLAlchemyError,
    TimeoutError,
)

from gateway.errors import StoreError, StoreUnavailable

_UNFIT = (DataError, IntegrityError, ProgrammingError)
# Errors of SQLAlchemy's own: no connection to be had, or one that broke off amid the transaction.
_PASSING = (TimeoutError, DisconnectionError, PendingRollbackError, ResourceClosedError)
# PostgreSQL calls these programming errors, but no value makes them: a right taken away, a table or column that
# another version of the gateway has not made yet or has removed.
_SCHEMA_STATES = ("42501", "42P01", "42703", "3F000")
_TOO_LARGE_STATES = "54"  # program_limit_exceeded, an operational error by its class: a value too large for an index


def told(error: Exception) -> Exception:
    """The error for who asked. The driver's words on a lost connection would name the server's address: not told."""
    if not isinstance(error, SQLAlchemyError):
        return error
    if not is_passing(error):
        return StoreError(f"the database refused the change: {type(error).__name__}")
    orig: Any = getattr(error, "orig", None)
    why = words(error) if _code(orig) else "it does not answer"
    return StoreUnavailable(f"the database cannot be used for now: {why}")


def words(error: BaseException) -> str:
    """The driver's own, in one line and without the statement: for the log."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def is_passing(error: SQLAlchemyError) -> bool:
    if not isinstance(error, DBAPIError):
        return isinstance(error, _PASSING)
    code = _code(error.orig)
    if code == sqlite3.SQLITE_ERROR:  # the statement as such: by far most often an unfit value
        return str(error.orig).startswith("no such ")
    if isinstance(code, str) and code.startswith(_TOO_LARGE_STATES):
        return False
    return code in _SCHEMA_STATES or not isinstance(error, _UNFIT)


def _code(error: Any) -> int | str | None:
    """SQLite's primary result code, or PostgreSQL's SQLSTATE; None where the server never had a say."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return None if code is None else int(code) & 0xFF
    return getattr(error, "sqlstate", None)
