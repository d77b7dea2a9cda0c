"""Frozen values are made and changed as dataclasses does it, for those that are kept as rows and told as events."""

import dataclasses
from dataclasses import field
from typing import Any

import pytest

from gateway.domain.member import Seat
from gateway.domain.values import frozen, replace

SEAT = Seat("s", "r", "a", "joining", 1, 2)


@frozen
class Call:
    fields: str
    cause: str = "none"
    data: dict[str, Any] = field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Same:
    fields: str
    cause: str = "none"
    data: dict[str, Any] = field(default_factory=dict)


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


@pytest.mark.parametrize(
    ("given", "named"), [(("a",), {}), (("a", "b"), {}), (("a",), {"data": {"c": 1}}), ((), {"fields": "a"})]
)
def test_a_frozen_value_is_made_as_the_librarys_own(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = Call(*given, **named), Same(*given, **named)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert ours == Call(*given, **named)
    assert repr(ours) == repr(theirs).replace("Same", "Call")


def test_each_frozen_value_has_a_default_of_its_own() -> None:
    assert Call("a").data is not Call("a").data


def test_a_frozen_value_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Call("a").cause = "busy"  # type: ignore[misc]


@pytest.mark.parametrize("given", [(), ("a", "b", {}, "d")])
def test_too_few_or_too_many_fields_are_refused(given: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"Call\.__init__\(\)"):
        Call(*given)


def test_a_class_that_checks_its_fields_is_refused() -> None:
    class Checked:
        cause: str

        def __post_init__(self) -> None: ...

    with pytest.raises(TypeError, match="Checked is more than its fields"):
        frozen(Checked)
