"""Rows of one table as frozen values, kept by key: loaded in bulk, changed in memory, written back in bulk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select, update

from gateway.store.prepared import Prepared, json_columns

T = TypeVar("T")
CHUNK = 400  # ids in one IN list


@dataclass(frozen=True)
class Shape(Generic[T]):
    """How a table's rows become values of `kind`, with the four statements that it needs, compiled once."""

    kind: type[T]
    table: Table
    key: str
    by_keys: Select[Any]
    by_keys_locked: Select[Any]
    inserting: Prepared
    updating: Prepared
    deleting: Prepared

    @classmethod
    def of(cls, kind: type[T], table: Table) -> "Shape[T]":
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        if names != [column.name for column in table.columns]:
            raise TypeError(f"the columns of {table.name} are not the fields of {kind.__name__}")
        key = next(iter(table.primary_key)).name
        column = table.c[key]
        by_keys = select(table).where(column.in_(bindparam("keys", expanding=True))).order_by(column)
        changes: dict[str, Any] = {name: bindparam(name) for name in names if name != key}
        as_json = json_columns(table.columns)
        this_row = column == bindparam("b_key")
        return cls(
            kind,
            table,
            key,
            by_keys,
            by_keys.with_for_update(),
            Prepared(insert(table).values({name: bindparam(name) for name in names}), as_json),
            Prepared(update(table).where(this_row).values(changes), as_json),
            Prepared(delete(table).where(this_row)),
        )


class Rows(Generic[T]):
    """The rows of one table inside one transaction. What is put here is seen here at once and written by flush()."""

    def __init__(self, shape: Shape[T], connection: Connection, lock: bool) -> None:
        self._shape = shape
        self._connection = connection
        self._select = shape.by_keys_locked if lock else shape.by_keys
        self._lock = lock
        self._known: dict[str, T | None] = {}
        self._stored: set[str] = set()
        self._changed: set[str] = set()
        self.changes: int = 0

    def load(self, keys: Iterable[str]) -> None:
        missing = sorted({key for key in keys if key not in self._known})
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            for key in chunk:
                self._known[key] = None
            self._adopt(self._connection.execute(self._select, {"keys": chunk}).all())

    def _adopt(self, rows: Iterable[Sequence[Any]]) -> list[str]:
        kind, key, keys = self._shape.kind, self._shape.key, []
        for row in rows:
            value = kind(*row)
            name: str = getattr(value, key)
            keys.append(name)
            if name not in self._stored:
                self._stored.add(name)
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
            value = self._known[key]
            if value is None:
                if key in self._stored:
                    deletes.append({"b_key": key})
                    self._stored.discard(key)
            elif key in self._stored:
                updates.append({**vars(value), "b_key": key})
            else:
                inserts.append(dict(vars(value)))
                self._stored.add(key)
        self._changed.clear()
        for statement, parameters in (
            (self._shape.deleting, deletes),
            (self._shape.updating, updates),
            (self._shape.inserting, inserts),
        ):
            if parameters:
                statement.run(self._connection, parameters)

    def known(self) -> Iterator[T]:
        return (value for value in self._known.values() if value is not None)
