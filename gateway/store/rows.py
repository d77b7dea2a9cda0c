"""Rows of one table as frozen values, kept by key: loaded in bulk, changed in memory, written back in bulk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from gateway.store.kept import Kept, Recent
from gateway.store.prepared import ByKeys, Prepared, json_columns

T = TypeVar("T")
CHUNK = 400  # ids in one IN list


class Updates:
    """Updates of only those columns that changed: SQLite writes the indexes of every column that is named."""

    def __init__(self, table: Table, key: str) -> None:
        self._table, self._key = table, key
        self._names = tuple(column.name for column in table.columns)
        self._json = json_columns(table.columns)
        self._prepared: dict[tuple[str, ...], Prepared] = {}

    def run(self, connection: Connection, changed: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        """Each as (what is stored, what it becomes)."""
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for before, after in changed:
            # Both hold the fields in the order of the columns, and most values are the very same object.
            pairs = zip(self._names, before.values(), after.values(), strict=True)
            if names := tuple([name for name, old, new in pairs if old is not new and old != new]):
                alike.setdefault(names, []).append(after)
        for names, rows in alike.items():
            self._statement(names).run(connection, rows)

    def _statement(self, names: tuple[str, ...]) -> Prepared:
        if names not in self._prepared:
            this_row = self._table.c[self._key] == bindparam("b_key")
            changing = update(self._table).where(this_row).values({name: bindparam(name) for name in names})
            self._prepared[names] = Prepared(changing, self._json & frozenset(names), names, {"b_key": self._key})
        return self._prepared[names]


@dataclass(frozen=True)
class Shape(Generic[T]):
    """How a table's rows become values of `kind`, with the four statements that it needs, compiled once."""

    kind: type[T]
    table: Table
    key: str
    names: tuple[str, ...]
    by_keys: ByKeys
    inserting: Prepared
    updating: "Updates"
    deleting: Prepared

    @classmethod
    def of(cls, kind: type[T], table: Table) -> "Shape[T]":
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        if names != [column.name for column in table.columns]:
            raise TypeError(f"the columns of {table.name} are not the fields of {kind.__name__}")
        key = next(iter(table.primary_key)).name
        column = table.c[key]
        as_json = json_columns(table.columns)
        this_row = column == bindparam("b_key")
        return cls(
            kind,
            table,
            key,
            tuple(names),
            ByKeys(table, key),
            Prepared(insert(table).values({name: bindparam(name) for name in names}), as_json),
            Updates(table, key),
            Prepared(delete(table).where(this_row)),
        )


def one(shape: Shape[T], connection: Connection, key: str) -> T | None:
    """A row by its key, outside a unit of work."""
    return next((_value(shape, row) for row in shape.by_keys.rows(connection, [key])), None)


def _value(shape: Shape[T], row: Sequence[Any]) -> T:
    """As kind(*row), in a third of the time: a frozen dataclass sets field by field."""
    value = object.__new__(shape.kind)
    value.__dict__.update(zip(shape.names, row, strict=True))
    return value


class Rows(Generic[T]):
    """The rows of one table inside one transaction. What is put here is seen here at once and written by flush()."""

    def __init__(self, shape: Shape[T], connection: Connection, lock: bool, kept: Kept | None = None) -> None:
        self._shape = shape
        self._connection = connection
        self._lock = lock
        self._kept = kept.of(shape.table.name) if kept else None
        self._known: dict[str, T | None] = {}
        self._stored: dict[str, T] = {}
        self._changed: set[str] = set()
        self.changes: int = 0

    def load(self, keys: Iterable[str]) -> None:
        missing = sorted({key for key in keys if key not in self._known})
        if self._kept is not None:
            missing = [key for key in missing if not self._taken(self._kept, key)]
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            for key in chunk:
                self._known[key] = None
            self._adopt(self._shape.by_keys.rows(self._connection, chunk, self._lock))

    def _taken(self, kept: Recent, key: str) -> bool:
        value: T | None = kept.get(key)
        if value is None:
            return False
        self._known[key] = self._stored[key] = value
        return True

    def _adopt(self, rows: Iterable[Sequence[Any]]) -> list[str]:
        shape, key, keys = self._shape, self._shape.key, []
        for row in rows:
            value = _value(shape, row)
            name: str = getattr(value, key)
            keys.append(name)
            if name not in self._stored:
                self._stored[name] = value
                self._known[name] = value
        return keys

    def get(self, key: str) -> T | None:
        if key not in self._known:
            self.load([key])
        return self._known[key]

    def where(self, *conditions: Any, order_by: Any = None, limit: int | None = None, locked: bool = True) -> list[T]:
        """Rows by other columns than the key. What was put before is written first, so that it is found."""
        self.flush()
        query = select(self._shape.table).where(*conditions)
        query = (
            query.order_by(*order_by)
            if isinstance(order_by, tuple)
            else query.order_by(order_by if order_by is not None else self._shape.table.c[self._shape.key])
        )
        if limit is not None:
            query = query.limit(limit)
        if self._lock and locked:
            query = query.with_for_update()
        keys = self._adopt(self._connection.execute(query).all())
        return [value for key in keys if (value := self._known[key]) is not None]

    def put(self, value: T) -> None:
        key = getattr(value, self._shape.key)
        if key not in self._known:
            self.load([key])
        self._known[key] = value
        self._changed.add(key)
        self.changes += 1

    def drop(self, key: str) -> None:
        if self.get(key) is not None:
            self._known[key] = None
            self._changed.add(key)
            self.changes += 1

    def flush(self) -> None:
        if not self._changed:
            return
        inserts, updates, deletes = [], [], []
        for key in sorted(self._changed):
            value, before = self._known[key], self._stored.get(key)
            if value is None:
                if before is not None:
                    deletes.append({"b_key": key})
                    del self._stored[key]
                continue
            if before is not None:
                updates.append((vars(before), vars(value)))
            else:
                inserts.append(vars(value))
            self._stored[key] = value
        self._changed.clear()
        try:
            if deletes:
                self._shape.deleting.run(self._connection, deletes)
            if updates:
                self._shape.updating.run(self._connection, updates)
            if inserts:
                self._shape.inserting.run(self._connection, inserts)
        except Exception:
            self.changes += 1  # others' rows may be half written: whoever asked for this does not fail alone
            raise

    def settle(self, kept: Kept) -> None:
        """After the commit: what the database has now."""
        kept.settle(self._shape.table.name, self._stored, self._known.keys() - self._stored.keys())

    def known(self) -> Iterator[T]:
        return (value for value in self._known.values() if value is not None)
