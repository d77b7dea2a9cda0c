"""Apps, their API keys, endpoints and numbers as SQL. In: values of domain/apps.py. Out: the same values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, and_, func, select, sql

from gateway.domain.apps import ApiKey, App, Endpoint, Number
from gateway.store import tables

AppRecord = App | ApiKey | Endpoint | Number
# As everywhere, a table's columns stand in the order of its dataclass's fields; the first is its key.
_TABLES: dict[type[AppRecord], Table] = {
    App: tables.apps,
    ApiKey: tables.api_keys,
    Endpoint: tables.endpoints,
    Number: tables.numbers,
}


class Executes(Protocol):
    """A connection or a unit of work: whatever runs a statement inside a transaction."""

    def execute(self, statement: Any, parameters: Any = None) -> Any: ...


@dataclass(frozen=True)
class Everything:
    """All that the directory keeps in memory, read at one moment."""

    apps: list[App]
    keys: list[ApiKey]
    endpoints: list[Endpoint]
    numbers: list[Number]


def insert(on: Executes, record: AppRecord) -> None:
    on.execute(sql.insert(_TABLES[type(record)]), vars(record))


def update(on: Executes, record: AppRecord) -> None:
    on.execute(sql.update(_TABLES[type(record)]).where(_is(record)).values(vars(record)))


def delete(on: Executes, record: AppRecord) -> None:
    on.execute(sql.delete(_TABLES[type(record)]).where(_is(record)))


def everything(connection: Connection) -> Everything:
    return Everything(
        [App(*row) for row in connection.execute(select(tables.apps))],
        [ApiKey(*row) for row in connection.execute(select(tables.api_keys))],
        [Endpoint(*row) for row in connection.execute(_in_age(tables.endpoints))],
        [Number(*row) for row in connection.execute(select(tables.numbers))],
    )


def find_app(connection: Connection, app_id: str, lock: bool = False) -> App | None:
    """`lock` holds the row until the transaction ends, so that two changes of one app follow each other."""
    row = _first(connection, select(tables.apps).where(tables.apps.c.id == app_id), lock)
    return App(*row) if row else None


def apps_named(connection: Connection, name: str) -> list[App]:
    query = _in_age(tables.apps).where(tables.apps.c.name == name)
    return [App(*row) for row in connection.execute(query)]


def list_apps(connection: Connection) -> list[App]:
    return [App(*row) for row in connection.execute(_in_age(tables.apps))]


def keys_of(connection: Connection, app_id: str) -> list[ApiKey]:
    keys = tables.api_keys
    query = select(keys).where(keys.c.app_id == app_id).order_by(keys.c.created_at, keys.c.key_hash)
    return [ApiKey(*row) for row in connection.execute(query)]


def has_key(connection: Connection, app_id: str, key_hash: str) -> bool:
    keys = tables.api_keys
    query = select(keys.c.app_id).where(and_(keys.c.key_hash == key_hash, keys.c.app_id == app_id))
    return connection.execute(query).first() is not None


def find_endpoint(connection: Connection, endpoint_id: str, lock: bool = False) -> Endpoint | None:
    row = _first(connection, select(tables.endpoints).where(tables.endpoints.c.id == endpoint_id), lock)
    return Endpoint(*row) if row else None


def endpoints_of(connection: Connection, app_id: str) -> list[Endpoint]:
    query = _in_age(tables.endpoints).where(tables.endpoints.c.app_id == app_id)
    return [Endpoint(*row) for row in connection.execute(query)]


def find_number(connection: Connection, digits: str) -> Number | None:
    row = _first(connection, select(tables.numbers).where(tables.numbers.c.digits == digits), False)
    return Number(*row) if row else None


def list_numbers(connection: Connection, app_id: str | None = None) -> list[Number]:
    query = select(tables.numbers).order_by(tables.numbers.c.digits)
    if app_id is not None:
        query = query.where(tables.numbers.c.app_id == app_id)
    return [Number(*row) for row in connection.execute(query)]


def living(connection: Connection, app_id: str) -> tuple[int, int]:
    """How many rooms and sessions of this app are alive."""
    rooms, sessions = tables.rooms.c, tables.sessions.c
    return (
        _count(connection, tables.rooms, rooms.app_id == app_id, rooms.destroyed_at.is_(None)),
        _count(connection, tables.sessions, sessions.app_id == app_id, sessions.ended_at.is_(None)),
    )


def _is(record: AppRecord) -> ColumnElement[bool]:
    key: Column[str] = next(iter(_TABLES[type(record)].primary_key))
    return key == str(getattr(record, key.name))


def _in_age(table: Any) -> Select[Any]:
    return select(table).order_by(table.c.created_at, table.c.id)


def _first(connection: Connection, query: Select[Any], lock: bool) -> Sequence[Any] | None:
    return connection.execute(query.with_for_update() if lock else query).first()


def _count(connection: Connection, table: Any, *conditions: Any) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
