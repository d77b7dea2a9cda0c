"""Our replace does what dataclasses.replace does, for the values that are kept as rows."""

import dataclasses

import pytest

from gateway.domain.changes import replace
from gateway.domain.member import Seat

SEAT = Seat("s", "r", "a", "joining", 1, 2)


def test_it_is_as_the_librarys_own() -> None:
    changed = replace(SEAT, state="joined", muted=False)
    assert changed == dataclasses.replace(SEAT, state="joined", muted=False)
    assert hash(changed) == hash(dataclasses.replace(SEAT, state="joined", muted=False))


def test_the_value_before_stays_as_it_was() -> None:
    replace(SEAT, state="joined")
    assert SEAT.state == "joining"


def test_what_comes_out_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        replace(SEAT, seat_no=2).seat_no = 3  # type: ignore[misc]


def test_a_field_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="Seat has no seat_number"):
        replace(SEAT, seat_number=2)
