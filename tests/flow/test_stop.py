"""SIGTERM: another replica can go on at once, however long the last deliveries take."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.services.forgetting import node_lease
from gateway.store import tables
from tests.flow.house import House
from tests.world import NODE


def test_the_switch_is_handed_over_before_the_last_deliveries_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """issue 2: "SIGTERM: stop accepting, finish requests, hand leases back": a hanging endpoint came first."""
    house = House(tmp_path)
    deliverer, store = house.gateway.deliverer, house.gateway.store
    names: list[set[str]] = []
    stop = deliverer.stop

    def held(connection: Any) -> set[str]:
        return set(connection.execute(select(tables.leases.c.name)).scalars())

    def stopping(grace_s: float = 5.0) -> None:
        names.append(store.read(held))
        stop(grace_s)

    assert node_lease(NODE) in store.read(held)
    monkeypatch.setattr(deliverer, "stop", stopping)
    house.stop()
    assert len(names) == 1 and not [name for name in names[0] if not name.startswith("deliver:")]
