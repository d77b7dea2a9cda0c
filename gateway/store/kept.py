"""Rows from one SQLite transaction to the next. In: what a transaction read and wrote. Out: the same rows, unread.

SQLite has one writer here, and `PRAGMA data_version` tells whether any other connection has written since; what is
kept is then dropped. PostgreSQL has no such sign: there every transaction reads its rows anew.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from gateway.store.prepared import one_value

# Of one table; a session takes about 2 kB.
MAX_KEPT: Final = 2048


class Kept:
    """Values by table and key, as the database has them. Only what committed gets in."""

    def __init__(self, tables: Iterable[str]) -> None:
        self._rows: dict[str, dict[str, Any]] = {name: {} for name in tables}
        self._version: int | None = None

    def begin(self, connection: Connection) -> None:
        """Inside the transaction, whose view is then fixed: nothing can be written behind this answer."""
        version = one_value(connection, "PRAGMA data_version")
        if version != self._version:
            self.clear()
            self._version = version

    def of(self, table: str) -> Mapping[str, Any]:
        """Empty for a table that is not kept."""
        return self._rows.get(table, {})

    def settle(self, table: str, rows: Mapping[str, Any], gone: Iterable[str]) -> None:
        """What a transaction had of a table when it committed."""
        kept = self._rows.get(table)
        if kept is None:
            return
        for key in gone:
            kept.pop(key, None)
        kept.update(rows)
        while len(kept) > MAX_KEPT:
            del kept[next(iter(kept))]  # in the order in which they came: what is in use comes back as the youngest

    def clear(self) -> None:
        for rows in self._rows.values():
            rows.clear()
        self._version = None
