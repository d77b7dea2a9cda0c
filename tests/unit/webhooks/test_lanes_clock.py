"""Lanes whose clock is set back: nothing sleeps longer for it, and no pass reads the table from its start."""

from gateway.domain.deliveries import Ref
from gateway.webhooks.lanes import OVERLAP_MS, Lanes

NOW, HOUR_MS = 1_700_000_000_000, 3_600_000


def test_what_sleeps_keeps_its_wait_and_passes_their_beginnings() -> None:
    """retried (5 s, …"""
    lanes = Lanes()
    lanes.begin(NOW)
    lanes.admit([Ref(7, "room", "", 0, NOW), Ref(8, "room", "", 0, NOW)])
    lanes.finish(NOW, True)
    assert lanes.take(NOW) == (7, 0)
    lanes.retry(7, NOW + 5_000)
    assert not lanes.has_ready(NOW - HOUR_MS)
    assert lanes.next_wake_at() == NOW - HOUR_MS + 5_000
    assert lanes.take(NOW - HOUR_MS + 4_999) is None
    assert lanes.take(NOW - HOUR_MS + 5_000) == (7, 1)
    assert lanes.begin(NOW - HOUR_MS + OVERLAP_MS) == 8, "the table was read to here half a minute ago"
