"""Leases: who of several gateway processes does a thing that only one may do. Kept in the database.

A server's own clock writes and judges those that tell whether a process lives and which nodes are its own
(services/tenure.py); others last for moments, and go by each process' clock, which must be right to a fraction of
`lease_s`.
"""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, bindparam, cast, delete, extract, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from gateway.store.tables import leases

_TAKE = (
    update(leases)
    .where(
        leases.c.name == bindparam("b_name"),
        or_(leases.c.owner == bindparam("b_owner"), leases.c.until_at < bindparam("b_now")),
    )
    .values(owner=bindparam("b_owner"), until_at=bindparam("b_until"))
)
_KEEP = (
    select(leases.c.name)
    .where(leases.c.name == bindparam("b_name"), leases.c.owner == bindparam("b_owner"))
    .with_for_update(read=True)
)
_CLOCK = select(cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger))


def clock(connection: Connection, now_ms: int) -> int:
    """The database's, in ms, where it is a server; an embedded one has this process' own, `now_ms`."""
    if connection.dialect.name != "postgresql":
        return now_ms
    return int(connection.execute(_CLOCK).scalar_one())


def take(connection: Connection, name: str, owner: str, now_ms: int, lease_ms: int) -> bool:
    """Take or renew; False when another process holds it."""
    parameters = {"b_name": name, "b_owner": owner, "b_now": now_ms, "b_until": now_ms + lease_ms}
    if connection.execute(_TAKE, parameters).rowcount == 1:
        return True
    if connection.execute(select(leases.c.name).where(leases.c.name == name)).first() is not None:
        return False
    try:
        with connection.begin_nested():
            connection.execute(insert(leases).values(name=name, owner=owner, until_at=now_ms + lease_ms))
    except IntegrityError:
        return False
    return True


def owned(connection: Connection, owner: str, names: Sequence[str]) -> set[str]:
    """Those of these that were the owner's all along, lapsed or not; they stay so to the end of the transaction."""
    mine = (leases.c.owner == owner) & leases.c.name.in_(names)
    return set(
        connection.execute(select(leases.c.name).where(mine).order_by(leases.c.name).with_for_update()).scalars()
    )


def keep(connection: Connection, name: str, owner: str) -> bool:
    """Whether it is the owner's, who keeps it to the end of the transaction: nobody takes it before the commit."""
    return connection.execute(_KEEP, {"b_name": name, "b_owner": owner}).first() is not None


def hand_back(connection: Connection, owner: str) -> None:
    connection.execute(delete(leases).where(leases.c.owner == owner))


def alive(connection: Connection, name: str, now_ms: int) -> bool:
    now_ms = clock(connection, now_ms)
    lasts = (leases.c.name == name) & (leases.c.until_at >= now_ms)
    return connection.execute(select(leases.c.name).where(lasts)).first() is not None


def clear(connection: Connection) -> None:
    """An embedded database has one process: what an earlier one held, it holds no more."""
    connection.execute(delete(leases))


def renew(connection: Connection, owner: str, prefix: str, now_ms: int, lease_ms: int) -> set[str]:
    """Renew the owner's leases whose names begin with `prefix`; returns those that it still holds."""
    mine = (leases.c.owner == owner) & leases.c.name.startswith(prefix, autoescape=True)
    connection.execute(update(leases).where(mine).values(until_at=now_ms + lease_ms))
    return set(connection.execute(select(leases.c.name).where(mine)).scalars())


def held_by_others(connection: Connection, owner: str, prefix: str, now_ms: int) -> set[str]:
    others = (leases.c.owner != owner) & (leases.c.until_at >= now_ms)
    named = leases.c.name.startswith(prefix, autoescape=True)
    return set(connection.execute(select(leases.c.name).where(others & named)).scalars())


def drop(connection: Connection, owner: str, names: list[str]) -> None:
    connection.execute(delete(leases).where(leases.c.owner == owner, leases.c.name.in_(names)))
