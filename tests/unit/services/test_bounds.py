"""What is kept in memory and in tables has an end."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.domain import happenings as told
from gateway.domain.member import Seat
from gateway.services.reactions import members
from gateway.services.reactions.members import MemberReactions
from gateway.store import leases, sweeping, tables
from tests.world import World


def test_keys_of_calls_that_never_left_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that ends while joining, or whose departure was not seen, leaves its last keys behind."""
    monkeypatch.setattr(members, "CALLERS_REMEMBERED", 10)
    seats = {f"s{i}": Seat(f"s{i}", "room", "app", "joined", 1, 1) for i in range(100)}
    reactions, uow = MemberReactions(), SimpleNamespace(seats=seats, flows={}, rooms={})
    anyone: Any = uow
    for number in range(100):
        reactions.key_pressed(anyone, told.KeyPressed(f"s{number}", "*", number))
    assert len(reactions._keys) == 10 and "s99" in reactions._keys


def test_leases_of_processes_long_gone_are_swept(world: World) -> None:
    """Each process has a lease of its own name: on PostgreSQL every kill -9 left one for ever."""

    def count(uow: Any) -> int:
        return int(uow.connection.execute(select(func.count()).select_from(tables.leases)).scalar_one())

    world.change(lambda uow: leases.take(uow.connection, "gateway:dead", "dead", 1000, 1000))
    world.change(lambda uow: leases.take(uow.connection, "gateway:live", "live", 9000, 1000))
    world.change(lambda uow: sweeping.sweep(uow, 0, 0, 5000, 0))
    found: list[int] = []
    world.change(lambda uow: found.append(count(uow)))
    assert found == [1]
