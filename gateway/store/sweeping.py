"""Rows that nobody needs any more."""

from sqlalchemy import delete, select

from gateway.domain.flow import OVER
from gateway.store.tables import billing_records, command_keys, cooldowns, dials, flows, leases, rooms, sessions
from gateway.store.unit_of_work import UnitOfWork


def sweep(uow: UnitOfWork, keys_before: int, cooldowns_before: int, ended_before: int, billed_before: int) -> None:
    """Remembered commands, cooldowns that are over, calls, rooms and processes that ended long ago, old records."""
    for statement in (
        delete(command_keys).where(command_keys.c.created_at < keys_before),
        delete(cooldowns).where(cooldowns.c.until_at < cooldowns_before),
        delete(sessions).where(sessions.c.ended_at < ended_before),
        delete(flows).where(flows.c.created_at < ended_before, flows.c.state == OVER),
        delete(dials).where(dials.c.created_at < ended_before, dials.c.session_id.not_in(select(sessions.c.id))),
        delete(rooms).where(rooms.c.destroyed_at < ended_before, rooms.c.members == 0),
        delete(billing_records).where(billing_records.c.ended_at < billed_before),
        delete(leases).where(leases.c.until_at < ended_before),
    ):
        uow.execute(statement)
