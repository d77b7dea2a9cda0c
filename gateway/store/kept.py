"""Rows from one SQLite transaction to the next. In: what a transaction read and wrote. Out: the same rows, unread.

SQLite has one writer here, and `PRAGMA data_version` tells whether any other connection has written since; what is
kept is then dropped. PostgreSQL has no such sign: there every transaction reads its rows anew.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from gateway.store.prepared import one_value


class Recent:
    """Values by key: at least the `most` / 2 that were put last, and as many older ones, let go all at once.

    One by one from the front of a dict, as before, took longer than reading the rows that were kept.
    """

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._young: dict[str, Any] = {}
        self._old: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        found = self._young.get(key)
        return self._old.get(key) if found is None else found

    def update(self, rows: Mapping[str, Any], gone: Iterable[str]) -> None:
        for key in gone:
            self._young.pop(key, None)
            self._old.pop(key, None)
        self._young.update(rows)
        if len(self._young) > self._half:
            self._young, self._old = {}, self._young

    def clear(self) -> None:
        self._young.clear()
        self._old.clear()


class Kept:
    """Values by table and key, as the database has them. Only what committed gets in. `tables`: how many of each."""

    def __init__(self, tables: Mapping[str, int]) -> None:
        self._rows = {name: Recent(most) for name, most in tables.items()}
        self._version: int | None = None

    def begin(self, connection: Connection) -> None:
        """Inside the transaction, whose view is then fixed: nothing can be written behind this answer."""
        version = one_value(connection, "PRAGMA data_version")
        if version != self._version:
            self.clear()
            self._version = version

    def of(self, table: str) -> Recent | None:
        """None for a table that is not kept."""
        return self._rows.get(table)

    def settle(self, table: str, rows: Mapping[str, Any], gone: Iterable[str]) -> None:
        """What a transaction had of a table when it committed; what is in use so comes back as the youngest."""
        if kept := self._rows.get(table):
            kept.update(rows, gone)

    def clear(self) -> None:
        for rows in self._rows.values():
            rows.clear()
        self._version = None
