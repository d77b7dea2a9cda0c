"""What few members have, and the commands about it that are under way."""

from gateway.domain import marks
from gateway.domain.member import Seat
from tests.world import CALL, ROOM

SEAT = Seat(CALL, ROOM, "app_1", "joined", 1, 1)


def test_a_mark_is_set_and_taken_away() -> None:
    marked = marks.mark(SEAT, deaf=True, volume_in=-4)
    assert marks.has(marked, marks.DEAF) and marks.level(marked, "in") == -4 and marks.level(marked, "out") == 0
    assert marks.mark(marked, deaf=False, volume_in=0) == SEAT


def test_what_is_told_ends_those_of_its_kind_before_it() -> None:
    seat = SEAT
    for word, uid in (("deaf", "1"), ("floor", "2"), ("undeaf", "3"), ("deaf", "4")):
        seat = marks.asked(seat, word, uid, 1)
    seat, uid = marks.answered(seat, "undeaf", 2)
    assert uid == "3"
    assert marks.is_asked(seat, "floor", 2) and marks.answered(seat, "deaf", 2)[1] == "4"
    assert marks.answered(seat, "hold", 2) == (seat, "")
    assert not marks.is_asked(marks.untaken(seat, "2"), "floor", 2)


def test_only_so_many_are_remembered() -> None:
    seat = SEAT
    for number in range(100):
        seat = marks.asked(seat, "deaf", str(number), 1)
    assert len(seat.marks["asked"]) == 16 and marks.answered(seat, "deaf", 2)[1] == "84"
