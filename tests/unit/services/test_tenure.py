"""Whose a node is: mine, another's, or not known while the database is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.clock import SystemClock
from gateway.services.tenure import Tenure, Whose
from gateway.store import leases
from tests.refusals import Refusal
from tests.world import World

NAME = "node:acW68"
LEASE_S = 15.0


class Clock(SystemClock):
    """`ahead_ms` of the true time."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def postgres(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    world = World(tmp_path, postgres_url)
    yield world
    world.close()


def _tenure(world: World, clock: SystemClock, owner: str = "a") -> Tenure:
    tenure = Tenure(world.store, clock, owner, LEASE_S, [NAME])
    tenure.renew()
    return tenure


def _lapse(world: World, clock: Clock, tenure: Tenure) -> Refusal:
    """The database takes nothing for longer than a lease."""
    refusal = Refusal(world.engine)
    refusal.on = True
    clock.ahead_ms += int(LEASE_S * 1000) + 1
    tenure.renew()
    return refusal


def test_on_sqlite_a_lease_that_lapses_means_nothing(sqlite: World, clock: Clock) -> None:
    """No other process can hold it: the events go on as soon as the database does."""
    tenure = _tenure(sqlite, clock)
    _lapse(sqlite, clock, tenure)
    assert tenure.whose(NAME) is Whose.MINE and tenure.holds(NAME)


@pytest.mark.postgres
def test_a_lease_that_lapses_is_nobodys_until_the_database_says(postgres: World, clock: Clock) -> None:
    tenure = _tenure(postgres, clock)
    stint = tenure.stint(NAME)
    refusal = _lapse(postgres, clock, tenure)
    assert tenure.whose(NAME) is Whose.UNKNOWN and not tenure.holds(NAME)
    assert tenure.renew_every_s <= 1
    refusal.on = False
    tenure.renew()
    assert (tenure.whose(NAME), tenure.stint(NAME)) == (Whose.MINE, stint), "nobody had it meanwhile"


@pytest.mark.postgres
def test_what_another_took_meanwhile_is_anothers(postgres: World, clock: Clock) -> None:
    tenure = _tenure(postgres, clock)
    refusal = _lapse(postgres, clock, tenure)
    refusal.on = False
    postgres.change(lambda uow: leases.drop(uow.connection, "a", [NAME]))
    other = _tenure(postgres, clock, "b")
    tenure.renew()
    assert (tenure.whose(NAME), other.whose(NAME)) == (Whose.ANOTHERS, Whose.MINE)


@pytest.mark.postgres
def test_what_another_had_and_gave_back_is_a_new_stint(postgres: World, clock: Clock) -> None:
    """What waited meanwhile, the other has applied."""
    tenure = _tenure(postgres, clock)
    stint = tenure.stint(NAME)
    refusal = _lapse(postgres, clock, tenure)
    refusal.on = False
    postgres.change(lambda uow: leases.drop(uow.connection, "a", [NAME]))
    _tenure(postgres, clock, "b").hand_back()
    tenure.renew()
    assert tenure.whose(NAME) is Whose.MINE and tenure.stint(NAME) > stint
