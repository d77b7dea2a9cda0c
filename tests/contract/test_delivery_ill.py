"""An endpoint that fails for good: its rows come to an end, and only those whose time is over."""

import pytest
from gevent.event import Event as Signal
from sqlalchemy import Engine, update

from gateway.store.tables import outbox
from gateway.webhooks import burial, delivery
from gateway.webhooks.courier import Courier
from gateway.webhooks.health import ILL_AFTER_LANES
from gateway.webhooks.retry import SCHEDULE_MOST_S
from tests.contract.delivery_house import House, receiver
from tests.receiver import Answer, Received
from tests.waiting import wait_for

CALLS = ILL_AFTER_LANES + 2


class Patient:
    """Answers 503 until it is well."""

    def __init__(self) -> None:
        self.well = Signal()

    def __call__(self, _received: Received) -> Answer:
        return (200, {}) if self.well.is_set() else (503, {})


def fallen_ill(house: House) -> Courier:
    """An endpoint with an event of each of many calls, and one more of the first behind it."""
    serving = house.deliverer()
    for number in range(CALLS):
        house.emit(f"first of {number}", session=f"s{number}")
    house.emit("second of 0", session="s0")
    wait_for(lambda: "ep" in serving._couriers and serving._couriers["ep"].ill, "the endpoint is found ill")
    return serving._couriers["ep"]


def gets_well(house: House, patient: Patient) -> None:
    """Time passes until all is delivered: an attempt under way may fail yet, and wait for its next."""
    patient.well.set()

    def is_delivered() -> bool:
        house.later(60)
        return not house.rows("pending")

    wait_for(is_delivered, "the rest is delivered", 20)


def ill_long_enough(house: House, courier: Courier) -> None:
    assert courier._health._ill_since is not None
    courier._health._ill_since -= SCHEDULE_MOST_S
    courier._burial._next_at = 0.0
    courier.wake()


def test_rows_that_are_overdue_for_longer_than_any_schedule_become_dead_letters(house: House) -> None:
    """One POST at a time for all of them: 30 attempts of each would never come, and the rows grew without end."""
    patient = Patient()
    with receiver(patient) as at:
        house.endpoint("ep", at.url)
        courier = fallen_ill(house)
        house.later(2 * SCHEDULE_MOST_S)
        house.emit("young", session="young")
        ill_long_enough(house, courier)
        wait_for(lambda: len(house.rows("dead")) >= CALLS // 2, "what is overdue is dead", 20)
        assert "young" in [row.session_id for row in house.rows("pending")]
        dead = house.rows("dead")
        assert {row.last_error for row in dead} == {burial.OVERDUE}
        assert [row for row in dead if row.session_id == "s0" and not row.attempts], "also one that was never tried"
        gets_well(house, patient)
        assert "young" in at.names


def test_nothing_is_given_up_before_the_endpoint_was_ill_that_long(house: House) -> None:
    """A gateway that was off for two days finds old rows; they get their attempts."""
    patient = Patient()
    with receiver(patient) as at:
        house.endpoint("ep", at.url)
        courier = fallen_ill(house)
        house.later(2 * SCHEDULE_MOST_S)
        courier._burial._next_at = 0.0
        courier.wake()
        tried = len(at.got)
        wait_for(lambda: len(at.got) >= tried + 3, "it is tried again and again", 20)
        assert house.rows("dead") == []
        gets_well(house, patient)
        house.settled(CALLS + 1)


def test_a_dead_letter_that_was_sent_again_has_all_its_time_again(house: House) -> None:
    patient = Patient()
    with receiver(patient) as at:
        house.endpoint("ep", at.url)
        courier = fallen_ill(house)
        house.later(2 * SCHEDULE_MOST_S)
        ill_long_enough(house, courier)
        wait_for(lambda: house.rows("dead"), "some are dead", 20)
        wait_for(lambda: courier._burial._next_at > 0, "all were looked at", 20)
        again = house.rows("dead")[0].id
        assert house.deliveries.resend(str(again)) == 1
        ill_long_enough(house, courier)
        wait_for(lambda: courier._burial._next_at > 0, "all were looked at again", 20)
        assert again in [row.id for row in house.rows("pending")]
        gets_well(house, patient)


def test_rows_that_are_exhausted_do_not_make_an_endpoint_well(house: House, engine: Engine) -> None:
    """Each death counted as a sign of life: 48 POSTs at once went to an endpoint that had never answered."""
    with receiver(lambda _received: (503, {})) as at:
        house.endpoint("ep", at.url)
        for number in range(CALLS):
            house.emit(f"{number}", session=f"s{number}")
        with engine.begin() as connection:
            connection.execute(update(outbox).values(attempts=29))
        serving = house.deliverer()
        house.settled(CALLS, "dead")
        assert serving._couriers["ep"].ill


def test_operators_see_how_many_endpoints_are_ill(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "METRICS_EVERY_S", 0.05)
    patient = Patient()
    with receiver(patient) as at:
        house.endpoint("ep", at.url)
        courier = fallen_ill(house)
        metrics = house.deliverers[0].metrics
        wait_for(lambda: metrics.ill == 1, "it is counted")
        samples = {sample.name: sample.value for metric in metrics.collect() for sample in metric.samples}
        assert samples["gateway_webhooks_endpoints_ill"] == 1
        patient.well.set()
        house.later(3600)
        wait_for(lambda: not courier.ill and metrics.ill == 0, "it is well again", 20)
