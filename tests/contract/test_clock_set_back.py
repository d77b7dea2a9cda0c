"""The clock is set back by an hour: what should take seconds still does (contract, "Webhooks": "retried (5 s, …")."""

from gateway.webhooks.courier import Courier
from tests.contract.delivery_house import House, receiver
from tests.receiver import Answer
from tests.waiting import wait_for

HOUR_S = 3600


def _one_failed(house: House) -> None:
    """A delivery, tried once in vain while the clock was an hour ahead."""
    house.emit("one", room="room")
    house.emit("two", room="room")
    wait_for(lambda: any(row.attempts == 1 for row in house.rows()), "the first attempt is settled")


def _courier(house: House) -> Courier:
    wait_for(lambda: house.deliverers[-1]._couriers, "somebody serves the endpoint")
    return next(iter(house.deliverers[-1]._couriers.values()))


def _wait_s(house: House) -> float:
    """Until the next retry, as its courier has it; 0 for none."""
    at = _courier(house).lanes.next_wake_at()
    return (at - house.clock.now_ms()) / 1000 if at else 0.0


def test_a_retry_that_was_waiting_keeps_its_wait(house: House) -> None:
    """retried (5 s, …: and the lane behind it does not stand for an hour"""
    answers: list[Answer] = [(503, {}), (200, {}), (200, {})]
    house.clock.ahead_ms = HOUR_S * 1000
    with receiver(lambda _received: answers.pop(0)) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        _one_failed(house)
        house.later(-HOUR_S)
        wait_for(lambda: 0 < _wait_s(house) <= 6, "the courier has noticed")
        house.later(6)
        house.settled(2)
        assert app.names == ["one", "one", "two"]


def test_a_retry_that_another_process_wrote_is_due(house: House) -> None:
    """nothing lost once its transaction is committed: nor late by an hour after a restart"""
    answers: list[Answer] = [(503, {}), (200, {}), (200, {})]
    house.clock.ahead_ms = HOUR_S * 1000
    with receiver(lambda _received: answers.pop(0)) as app:
        house.endpoint("ep", app.url)
        _serve_and_stop(house)
        house.later(-HOUR_S)
        house.deliverer("one")
        house.settled(2)
        assert app.names == ["one", "one", "two"]


def _serve_and_stop(house: House) -> None:
    deliverer = house.deliverer("one")
    _one_failed(house)
    deliverer.stop(1.0)
    house.deliverers.remove(deliverer)


def test_a_receivers_retry_after_outlives_a_restart(house: House) -> None:
    """Retry-After honoured: a wait that is longer than the schedule's is no clock set back."""
    with receiver(lambda _received: (503, {"Retry-After": "900"})) as app:
        house.endpoint("ep", app.url)
        _serve_and_stop(house)
        house.deliverer("one")
        wait_for(lambda: _wait_s(house), "the row is known")
        assert 880 < _wait_s(house) <= 900
        assert len(app.got) == 1
