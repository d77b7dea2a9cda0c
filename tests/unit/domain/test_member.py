"""What was asked of a member and not told yet."""

from gateway.domain.member import ASKED_COUNTS_MS, JOINED, Seat, mute_asked, mute_told, mute_untaken

SEAT = Seat("s", "r", "a", JOINED, 1, 0)


def test_two_changes_under_way_are_told_with_their_own_uids() -> None:
    """contract.md: command_uid "comes back in the answer and in each webhook that the command causes"."""
    asked = mute_asked(mute_asked(SEAT, "unmute", "first", 1), "mute", "second", 2)
    after_first, uid = mute_told(asked, "unmute", 3)
    assert uid == "first"
    after_second, uid = mute_told(after_first, "mute", 3)
    assert uid == "second" and after_second == SEAT


def test_what_nobody_asked_leaves_what_was_asked() -> None:
    asked = mute_asked(SEAT, "mute", "u", 1)
    assert mute_told(asked, "unmute", 3) == (asked, None)


def test_what_was_overtaken_is_forgotten() -> None:
    """The switch tells in order: what was asked before the one told of will not be told any more."""
    asked = mute_asked(mute_asked(SEAT, "unmute", "lost", 1), "mute", "u", 2)
    assert mute_told(asked, "mute", 3) == (SEAT, "u")


def test_a_refused_command_is_taken_back_alone() -> None:
    asked = mute_asked(mute_asked(SEAT, "unmute", "kept", 1), "mute", "refused", 2)
    assert mute_untaken(asked, "refused") == mute_asked(SEAT, "unmute", "kept", 1)


def test_one_that_was_not_done_in_time_leaves_the_next_its_own() -> None:
    asked = mute_asked(mute_asked(SEAT, "mute", "lost", 1), "mute", "second", ASKED_COUNTS_MS)
    assert mute_told(asked, "mute", ASKED_COUNTS_MS + 2) == (SEAT, "second")
    assert mute_told(asked, "mute", ASKED_COUNTS_MS + 1) == (
        mute_asked(SEAT, "mute", "second", ASKED_COUNTS_MS),
        "lost",
    )
