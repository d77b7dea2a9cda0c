"""What was asked of a member and not told yet."""

from gateway.domain.member import JOINED, Seat, mute_asked, mute_told, mute_untaken

SEAT = Seat("s", "r", "a", JOINED, 1, 0)


def test_two_changes_under_way_are_told_with_their_own_uids() -> None:
    """contract.md: command_uid "comes back in the answer and in each webhook that the command causes"."""
    asked = mute_asked(mute_asked(SEAT, "unmute", "first"), "mute", "second")
    after_first, uid = mute_told(asked, "unmute")
    assert uid == "first"
    after_second, uid = mute_told(after_first, "mute")
    assert uid == "second" and after_second == SEAT


def test_what_nobody_asked_leaves_what_was_asked() -> None:
    asked = mute_asked(SEAT, "mute", "u")
    assert mute_told(asked, "unmute") == (asked, None)


def test_what_was_overtaken_is_forgotten() -> None:
    """The switch tells in order: what was asked before the one told of will not be told any more."""
    asked = mute_asked(mute_asked(SEAT, "unmute", "lost"), "mute", "u")
    assert mute_told(asked, "mute") == (SEAT, "u")


def test_a_refused_command_is_taken_back_alone() -> None:
    asked = mute_asked(mute_asked(SEAT, "unmute", "kept"), "mute", "refused")
    assert mute_untaken(asked, "refused") == mute_asked(SEAT, "unmute", "kept")
