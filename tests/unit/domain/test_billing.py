"""Billable seconds."""

import pytest

from gateway.domain.billing import CALL, EVENT, STAY, BillingRecord, Rounding, timed


@pytest.mark.parametrize(
    ("talked_ms", "by_second", "six", "minute", "half_then_six"),
    [
        (0, 0, 0, 0, 0),
        (-5, 0, 0, 0, 0),
        (1, 1, 6, 60, 30),
        (1000, 1, 6, 60, 30),
        (6000, 6, 6, 60, 30),
        (6001, 7, 12, 60, 30),
        (30_001, 31, 36, 60, 36),
        (60_001, 61, 66, 120, 66),
    ],
)
def test_increments(talked_ms: int, by_second: int, six: int, minute: int, half_then_six: int) -> None:
    """issue 4: "billable seconds by a rounding setting"."""
    roundings = Rounding(), Rounding(6, 6), Rounding(60, 60), Rounding(30, 6)
    billed = [rounding.billable_s(talked_ms) for rounding in roundings]
    assert billed == [by_second, six, minute, half_then_six]


def test_a_call_is_billed_from_its_answer_and_a_stay_from_its_join() -> None:
    call = BillingRecord(
        0, "a", "n", CALL, "s", "", "", "inbound", "1", "2", 1000, 4000, 9500, 0, 0, "hangup", "X", EVENT
    )
    assert (timed(call, Rounding()).duration_ms, timed(call, Rounding()).billable_s) == (8500, 6)
    values = {**vars(call), "answered_at": None}
    assert timed(BillingRecord(**values), Rounding()).billable_s == 0
    stay = BillingRecord(**{**values, "kind": STAY})
    assert (timed(stay, Rounding()).duration_ms, timed(stay, Rounding()).billable_s) == (8500, 9)
    backwards = BillingRecord(**{**values, "kind": STAY, "ended_at": 900})
    assert (timed(backwards, Rounding()).duration_ms, timed(backwards, Rounding()).billable_s) == (0, 0)
