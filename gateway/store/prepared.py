"""Statements of the hot paths: compiled to the driver's own text once and run on its cursor.

SQLAlchemy's executemany spends 15 µs a row on parameters that for our column types need no treatment but JSON, and
its select by a list of keys 100 µs on building text and result objects (docs/performance.md).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import JSON, Connection, Dialect, Table, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import Executable


@contextmanager
def _cursor(connection: Connection, text: str) -> Iterator[Any]:
    """The driver's cursor; what it raises comes out as SQLAlchemy's errors, as from any other statement."""
    dialect = connection.dialect
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except dialect.loaded_dbapi.Error as error:
        base = dialect.loaded_dbapi.Error
        raise DBAPIError.instance(text, None, error, base, dialect=dialect) from error
    finally:
        cursor.close()


class Prepared:
    """`run` takes rows as mappings that hold every parameter of the statement; `names` are those, if there are more.

    `called` are parameters that have another name in the rows.
    """

    def __init__(
        self,
        statement: Executable,
        json_names: frozenset[str] = frozenset(),
        names: Sequence[str] = (),
        called: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._names = {**{name: name for name in names}, **called}
        self._statement: Any = statement
        self._json_names = json_names
        self._compiled: dict[str, tuple[str, Callable[[dict[str, Any]], Any] | None]] = {}

    def run(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        text, in_place = self._text(connection.dialect)
        if self._json_names:
            rows = [self._with_json(row) for row in rows]
        with _cursor(connection, text) as cursor:
            if in_place is None:
                chosen = (
                    [{name: row[here] for name, here in self._names.items()} for row in rows] if self._names else rows
                )
                cursor.executemany(text, chosen)
            else:
                cursor.executemany(text, [in_place(row) for row in rows])

    def _with_json(self, row: dict[str, Any]) -> dict[str, Any]:
        """Both drivers take JSON as text."""
        changed = {
            name: orjson.dumps(row[name]).decode() for name in self._json_names if name in row and row[name] is not None
        }
        return {**row, **changed}

    def _text(self, dialect: Dialect) -> tuple[str, Callable[[dict[str, Any]], Any] | None]:
        """For this driver, and what puts a row's values in the places of its marks; None where it takes names."""
        if dialect.name not in self._compiled:
            compiled = self._statement.compile(dialect=dialect)
            self._compiled[dialect.name] = (
                str(compiled),
                _picker([self._names.get(name, name) for name in compiled.positiontup])
                if compiled.positional
                else None,
            )
        return self._compiled[dialect.name]


def _picker(names: Sequence[str]) -> Callable[[dict[str, Any]], Any]:
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    return itemgetter(*names)


class ByKeys:
    """`rows` gives a table's rows with these values of its key column: one statement, however many there are."""

    def __init__(self, table: Table, key: str) -> None:
        self._table = table
        self._key = key
        self._made: dict[str, tuple[str, list[tuple[int, Callable[[Any], Any]]]]] = {}

    def rows(self, connection: Connection, keys: list[str], lock: bool = False) -> Iterable[Sequence[Any]]:
        """With `lock` they are locked, in the order of the key."""
        dialect = connection.dialect
        made = self._made.get(dialect.name) or self._make(dialect)
        text, processors = made
        parameter = orjson.dumps(keys).decode() if dialect.name == "sqlite" else keys
        if lock:
            text = f"{text} ORDER BY {self._key} FOR UPDATE"
        with _cursor(connection, text) as cursor:
            cursor.execute(text, (parameter,))
            found: list[Sequence[Any]] = cursor.fetchall()
        return (_processed(row, processors) for row in found) if processors else found

    def _make(self, dialect: Dialect) -> tuple[str, list[tuple[int, Callable[[Any], Any]]]]:
        chosen = str(select(self._table).compile(dialect=dialect))
        among = "IN (SELECT value FROM json_each(?))" if dialect.name == "sqlite" else "= ANY(%s)"
        processors: list[tuple[int, Callable[[Any], Any]]] = []
        for at, column in enumerate(self._table.columns):
            treat = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if treat is not None:
                processors.append((at, treat))
        made = self._made[dialect.name] = (f"{chosen} WHERE {self._key} {among}", processors)
        return made


def one_value(connection: Connection, text: str) -> Any:
    """The first column of the first row of what the driver is asked with this very text."""
    with _cursor(connection, text) as cursor:
        return cursor.execute(text).fetchone()[0]


def _processed(row: Sequence[Any], processors: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for at, treat in processors:
        values[at] = treat(values[at])
    return values


def json_columns(columns: Any) -> frozenset[str]:
    return frozenset(column.name for column in columns if isinstance(column.type, JSON))
