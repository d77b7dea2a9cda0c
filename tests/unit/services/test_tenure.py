"""Whose a node is: mine, another's, or not known while the database is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.clock import SystemClock
from gateway.services.tenure import Tenure, Whose
from gateway.store import leases
from tests.clocks import ShiftedClock
from tests.refusals import Refusal
from tests.world import World

NAME = "node:acW68"
LEASE_S = 15.0


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


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


def _lapse(world: World, clock: ShiftedClock, tenure: Tenure) -> Refusal:
    """The database takes nothing for longer than a lease."""
    refusal = Refusal(world.engine)
    refusal.on = True
    clock.ahead_ms += int(LEASE_S * 1000) + 1
    tenure.renew()
    return refusal


def test_on_sqlite_a_lease_that_lapses_means_nothing(sqlite: World, clock: ShiftedClock) -> None:
    """No other process can hold it: the events go on as soon as the database does."""
    tenure = _tenure(sqlite, clock)
    _lapse(sqlite, clock, tenure)
    assert tenure.whose(NAME) is Whose.MINE and tenure.holds(NAME)


@pytest.mark.postgres
def test_a_lease_that_lapses_is_nobodys_until_the_database_says(postgres: World, clock: ShiftedClock) -> None:
    tenure = _tenure(postgres, clock)
    stint = tenure.stint(NAME)
    refusal = _lapse(postgres, clock, tenure)
    assert tenure.whose(NAME) is Whose.UNKNOWN and not tenure.holds(NAME)
    assert tenure.renew_every_s <= 1
    refusal.on = False
    tenure.renew()
    assert (tenure.whose(NAME), tenure.stint(NAME)) == (Whose.MINE, stint), "nobody had it meanwhile"


@pytest.mark.postgres
def test_what_another_took_meanwhile_is_anothers(postgres: World, clock: ShiftedClock) -> None:
    tenure = _tenure(postgres, clock)
    refusal = _lapse(postgres, clock, tenure)
    refusal.on = False
    postgres.change(lambda uow: leases.drop(uow.connection, "a", [NAME]))
    other = _tenure(postgres, clock, "b")
    tenure.renew()
    assert (tenure.whose(NAME), other.whose(NAME)) == (Whose.ANOTHERS, Whose.MINE)


@pytest.mark.postgres
def test_what_another_had_and_gave_back_is_a_new_stint(postgres: World, clock: ShiftedClock) -> None:
    """What waited meanwhile, the other has applied."""
    tenure = _tenure(postgres, clock)
    stint = tenure.stint(NAME)
    refusal = _lapse(postgres, clock, tenure)
    refusal.on = False
    postgres.change(lambda uow: leases.drop(uow.connection, "a", [NAME]))
    _tenure(postgres, clock, "b").hand_back()
    tenure.renew()
    assert tenure.whose(NAME) is Whose.MINE and tenure.stint(NAME) > stint


@pytest.mark.postgres
@pytest.mark.parametrize("ahead_ms", [20_000, -12_000])
def test_a_clock_that_is_wrong_takes_no_lease_away_and_is_told(
    postgres: World, clock: ShiftedClock, ahead_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A replica 20 s ahead took every lease of the others, and ended their joins as overdue.

    It is ready all the same: the wrong clock may be the database's, and all replicas would be gone at once.
    """
    mine = _tenure(postgres, SystemClock(), "right")
    clock.ahead_ms = ahead_ms
    wrong = _tenure(postgres, clock, "wrong")
    mine.renew()
    assert (mine.whose(NAME), wrong.whose(NAME)) == (Whose.MINE, Whose.ANOTHERS)
    assert mine.trouble() == "" and abs(mine.skew_s) < 1
    assert abs(wrong.skew_s - ahead_ms / 1000) < 1
    said = f"{abs(wrong.skew_s):.1f} s {'ahead of' if ahead_ms > 0 else 'behind'} the database's"
    assert [said in record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [True]
    assert wrong.trouble() == ""
    clock.ahead_ms = 0
    wrong.renew()
    assert abs(wrong.skew_s) < 1


@pytest.mark.postgres
@pytest.mark.parametrize("ahead_ms", [20_000, -20_000])
def test_a_wrong_clock_buries_no_process_that_lives(postgres: World, clock: ShiftedClock, ahead_ms: int) -> None:
    """Whether a process lives is judged by the clock that its lease was written by: the database's."""
    _tenure(postgres, SystemClock(), "right")
    clock.ahead_ms = ahead_ms
    with postgres.engine.connect() as connection:
        assert leases.alive(connection, NAME, clock.now_ms())


def test_an_embedded_database_has_no_clock_of_its_own(sqlite: World, clock: ShiftedClock) -> None:
    clock.ahead_ms = 3_600_000
    tenure = _tenure(sqlite, clock)
    assert tenure.trouble() == "" and abs(tenure.skew_s) < 1
