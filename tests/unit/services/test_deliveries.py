"""Deliveries sent again: each dead letter once, also when it dies again at once."""

import pytest
from sqlalchemy import update

from gateway.domain.clock import SystemClock
from gateway.domain.events import Event
from gateway.errors import InvalidInput, NotFound
from gateway.services import deliveries
from gateway.services.deliveries import Deliveries
from gateway.store import tables
from tests.world import APP, World


def kill_all(world: World) -> None:
    world.change(lambda uow: uow.execute(update(tables.outbox).values(state="dead", ended_at=1)))


def test_dead_letters_that_die_again_at_once_are_not_sent_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint that answers 404 within milliseconds kept `resend` going round and round, inside one request."""
    monkeypatch.setattr(deliveries, "RESENT_AT_ONCE", 2)
    for _ in range(5):
        world.change(lambda uow: uow.emit(Event("conference.created", APP.id, 1)))
    kill_all(world)
    woken: list[int] = []

    def wakes() -> None:
        woken.append(1)
        assert len(woken) < 10, "it never ends"
        kill_all(world)

    assert Deliveries(world.store, SystemClock(), wakes).resend_dead("ep_1", APP.id) == 5
    assert len(woken) == 3


@pytest.mark.parametrize("key", ["evt_\0", "\ud800", "é" * 3, "x" * 5000, "٣"])
def test_a_key_that_no_delivery_can_have_is_not_found(world: World, key: str) -> None:
    """NUL is no text to PostgreSQL: the answer would be 503."""

    def must_not_ask(_work: object) -> None:
        raise AssertionError("the database was asked")

    world.store.read = must_not_ask  # type: ignore[method-assign, assignment]
    with pytest.raises(NotFound):
        Deliveries(world.store, SystemClock()).show(key)


@pytest.mark.parametrize("cursor", ["zzz", "ZHg", "é", "x" * 500])
def test_a_cursor_that_is_none_is_told_as_everywhere(world: World, cursor: str) -> None:
    """ "Errors: 400 invalid limit/cursor": one error_id for all lists."""
    with pytest.raises(InvalidInput) as refused:
        Deliveries(world.store, SystemClock()).page(cursor=cursor)
    assert (refused.value.error_id, list(refused.value.detail["fields"])) == ("invalid-cursor", ["cursor"])
