"""The switch's lists against the store, without any I/O."""

from gateway.domain import happenings as told
from gateway.domain import marks
from gateway.domain.member import Seat
from gateway.domain.session import Session
from gateway.intake.reconcile import (
    DIAL_GRACE_MS,
    Known,
    Listed,
    call_differences,
    is_dialling,
    listed_members,
    member_differences,
)
from tests.world import CALL, CALL2, CONFERENCE, NODE, ROOM

NOBODY: frozenset[str] = frozenset()


def session(session_id: str, state: str = "answered", taken_over: bool = True) -> Session:
    channel = session_id.partition("-")[2]
    return Session(session_id, "app_1", NODE, channel, "inbound", "1", "2", state, 1, taken_over=taken_over)


def seat(session_id: str, muted: bool = True, conference: str = CONFERENCE, state: str = "joined") -> Seat:
    return Seat(session_id, ROOM, "app_1", state, 1, 1, 12, conference, muted)


def known(*seats: Seat) -> Known:
    return Known({name: session(name) for name in (CALL, CALL2)}, {one.session_id: one for one in seats})


def test_members_that_left_while_we_were_away() -> None:
    """issue 2: "members that left while we were away leave with reason `orphan`"."""
    assert member_differences([], known(seat(CALL)), NOBODY, 9) == [
        told.MemberLeft(ROOM, CONFERENCE, CALL, "", 9, missed=True)
    ]


def test_members_that_came_are_joined_and_mute_states_set_right() -> None:
    listed = [Listed(ROOM, CONFERENCE, CALL, 12, False), Listed(ROOM, CONFERENCE, CALL2, 13, True)]
    assert member_differences(listed, known(seat(CALL)), NOBODY, 9) == [
        told.MemberMuteChanged(ROOM, CONFERENCE, CALL, False, 9),
        told.MemberJoined(ROOM, CONFERENCE, CALL2, 13, True, 9),
    ]


def test_a_reborn_conference_is_a_leave_and_a_join() -> None:
    other = "9" * 8 + CONFERENCE[8:]
    assert member_differences([Listed(ROOM, other, CALL, 12, True)], known(seat(CALL)), NOBODY, 9) == [
        told.MemberLeft(ROOM, CONFERENCE, CALL, "", 9, missed=True),
        told.MemberJoined(ROOM, other, CALL, 12, True, 9),
    ]


def test_what_had_an_event_since_waits_for_the_next_pass() -> None:
    """house rule 4a: "a room or session that had any event since it was asked waits for the next pass"."""
    assert member_differences([], known(seat(CALL)), frozenset({CALL}), 9) == []
    assert member_differences([], known(seat(CALL)), frozenset({ROOM}), 9) == []


def test_a_joining_seat_is_not_called_gone() -> None:
    assert member_differences([], known(seat(CALL, state="joining")), NOBODY, 9) == []


def test_deaf_and_held_are_set_right() -> None:
    """Issue 4's room commands, changed at the switch while we were away."""
    listed = [Listed(ROOM, CONFERENCE, CALL, 12, True, deaf=True)]
    assert member_differences(listed, known(seat(CALL)), NOBODY, 9) == [
        told.MemberDeafChanged(ROOM, CONFERENCE, CALL, True, 9)
    ]
    held = marks.mark(seat(CALL), held=True)
    listed = [Listed(ROOM, CONFERENCE, CALL, 12, True)]
    assert member_differences(listed, known(held), NOBODY, 9) == [
        told.MemberHoldChanged(ROOM, CONFERENCE, CALL, False, 9)
    ]


def test_of_who_is_held_the_list_says_nothing_else() -> None:
    """The switch lists can_speak and can_hear as false of a held member, whatever is so (mod_conference.c)."""
    held = marks.mark(seat(CALL, muted=False), held=True)
    assert member_differences([Listed(ROOM, CONFERENCE, CALL, 12, True, True, True)], known(held), NOBODY, 9) == []


def test_who_comes_in_deaf_for_a_moment_is_not_deaf() -> None:
    listed = [Listed(ROOM, CONFERENCE, CALL, 12, True, deaf=True)]
    assert member_differences(listed, known(marks.mark(seat(CALL), hushed=True)), NOBODY, 9) == []


def test_a_recording_is_no_member() -> None:
    """facts: "a running recording appears as a member without `id` and `uuid`"."""
    conference = {
        "conference_name": ROOM,
        "conference_uuid": CONFERENCE,
        "members": [
            {"type": "recording_node"},
            {"id": 12, "uuid": CALL.partition("-")[2], "flags": {"can_speak": False}},
        ],
    }
    assert listed_members([conference, {"conference_name": "somebody-elses", "members": []}], NODE) == [
        Listed(ROOM, CONFERENCE, CALL, 12, True)
    ]


def test_a_call_that_the_list_lacks_is_only_suspected() -> None:
    """facts: "`show channels` proves neither presence nor absence … `uuid_exists` decides"."""
    happenings, suspects = call_differences({"row_count": 0}, known(), NODE, frozenset({CALL2}), 9)
    assert (happenings, suspects) == ([], [CALL])


def test_a_call_that_came_while_we_were_away_is_found_parked() -> None:
    row = {
        "uuid": CALL.partition("-")[2], "direction": "inbound", "application": "park", "callstate": "RINGING",
        "initial_cid_num": "+15550001", "initial_dest": "747713001", "created_epoch": "1795221645",
    }  # fmt: skip
    [happening], _ = call_differences({"rows": [row]}, Known(), NODE, NOBODY, 9)
    assert isinstance(happening, told.CallParked)
    assert (happening.to_number, happening.created_at, happening.recovered) == ("747713001", 1795221645000, True)


def test_a_call_that_was_just_dialled_is_not_missed_yet() -> None:
    """It is committed before it is sent: its channel may be about to come. Later, what is not there was not sent."""
    dialling = Known({CALL: session(CALL, state="dialling")})
    assert is_dialling(dialling, DIAL_GRACE_MS)
    assert call_differences({"rows": []}, dialling, NODE, NOBODY, DIAL_GRACE_MS) == ([], [])
    assert not is_dialling(dialling, DIAL_GRACE_MS + 1)
    assert call_differences({"rows": []}, dialling, NODE, NOBODY, DIAL_GRACE_MS + 1) == ([], [CALL])
