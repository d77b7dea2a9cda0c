"""Where a pass over the table begins again: marks of how far it was read, and only as many as that takes."""

from gateway.domain.deliveries import Ref
from gateway.webhooks.lanes import OVERLAP_MS, Lanes

DAY_MS = 86_400_000
STEP_MS = 500


def busy(lanes: Lanes, until_ms: int) -> int:
    """An event each half second, delivered at once, and a whole pass each five seconds: no narrow one is needed."""
    lanes.begin(0)
    lanes.finish(0, ended=True)
    last = 0
    for now in range(STEP_MS, until_ms, STEP_MS):
        last += 1
        assert lanes.hand([Ref(last, "", f"s{last}", 0, now)], 20_000, now)
        assert lanes.take(now) == (last, 0)
        lanes.done(last)
        lanes.settled([last])
        if last % 10 == 0:
            lanes.begin(now, whole=True)
            lanes.finish(now, ended=True)
    return last


def test_an_endpoint_that_is_busy_all_day_keeps_marks_of_the_overlap_only() -> None:
    """They grew by 22 MB a day: only a narrow pass took the old ones away."""
    lanes = Lanes()
    busy(lanes, DAY_MS // 24)
    assert len(lanes._marks) <= OVERLAP_MS // STEP_MS + 2


def test_a_pass_begins_where_the_table_was_read_to_one_overlap_ago() -> None:
    lanes = Lanes()
    until = 10 * OVERLAP_MS
    last = busy(lanes, until)
    assert lanes.begin(until) == last + 1 - OVERLAP_MS // STEP_MS
    lanes.finish(until, ended=True)
    much_later = until + DAY_MS
    assert lanes.begin(much_later) == last
