"""What a database's error means: the change is unfit, or the database takes none for now (on both databases)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from gateway.domain.clock import SystemClock
from gateway.domain.idempotency import Cooldown
from gateway.errors import StoreError, StoreUnavailable
from gateway.services.compose import composer
from gateway.store import tables
from gateway.store.engine import open_engine
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from tests.gateway_process import free_port
from tests.refusals import Refusal
from tests.world import World


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    world = World(tmp_path, database_url)
    yield world
    world.close()


def _put(uow: UnitOfWork) -> None:
    uow.cooldowns.put(Cooldown("a room", 1))


def test_a_database_that_takes_no_changes_says_so_until_it_does(world: World) -> None:
    refusal = Refusal(world.engine)
    refusal.on = True
    with pytest.raises(StoreUnavailable) as refused:
        world.store.write(_put)
    assert "read" in refused.value.message and world.store.trouble == refused.value.message
    refusal.on = False
    world.store.write(_put)
    assert world.store.trouble == ""


def test_a_missing_table_is_no_fault_of_the_change(world: World) -> None:
    """Another version of the gateway migrates just now, or somebody took a right away."""
    with pytest.raises(StoreUnavailable):
        world.store.write(lambda uow: uow.execute(text("INSERT INTO not_yet (a) VALUES (1)")))


@pytest.mark.parametrize(
    "rows",
    [
        [{"name": "twice", "owner": "a", "until_at": 1}] * 2,
        [{"name": None, "owner": "a", "until_at": 1}],
        [{"name": {"no": "text"}, "owner": "a", "until_at": 1}],
    ],
)
def test_an_unfit_change_is_refused_and_the_database_has_no_trouble(world: World, rows: list[dict[str, Any]]) -> None:
    with pytest.raises(StoreError) as refused:
        world.store.write(lambda uow: uow.execute(insert(tables.leases), rows))
    assert not isinstance(refused.value, StoreUnavailable) and world.store.trouble == ""


@pytest.mark.postgres
def test_a_value_too_large_for_an_index_is_unfit(tmp_path: Path, postgres_url: str) -> None:
    """PostgreSQL counts it among the operational errors (54000): waiting for it would hold up a node for ever."""
    world = World(tmp_path, postgres_url)
    noise = "".join(chr(0x4E00 + (n * 7919) % 20000) for n in range(9000))
    with pytest.raises(StoreError) as refused:
        world.store.write(lambda uow: uow.cooldowns.put(Cooldown(noise, 1)))
    assert not isinstance(refused.value, StoreUnavailable)
    world.close()


def test_a_full_disk_is_no_fault_of_the_change(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.store.write(
        lambda uow: uow.connection.exec_driver_sql("PRAGMA max_page_count = 1")
    )  # what it has is the most
    large = "x" * 100_000
    with pytest.raises(StoreUnavailable, match="full"):
        world.store.write(lambda uow: uow.cooldowns.put(Cooldown(large, 1)))
    world.close()


def test_where_nobody_answers_the_address_is_not_told() -> None:
    """Answers to apps and /readyz carry the sentence."""
    port = free_port()
    engine = open_engine(f"postgresql+psycopg://postgres:secret@127.0.0.1:{port}/postgres")
    store = Store(engine, composer(lambda _app, _event: ()), SystemClock())
    with pytest.raises(StoreUnavailable) as refused:
        store.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
    assert "does not answer" in refused.value.message and str(port) not in refused.value.message
    store.stop()
