"""What a happening means: state, events and effects, and that a repetition means nothing."""

from dataclasses import replace

import pytest

from gateway.domain import happenings as told
from gateway.domain import marks
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.services.effects import Reject, SendAway, TakeOverCall
from gateway.services.reactions.members import EXIT_COUNTS_MS
from gateway.store.unit_of_work import UnitOfWork
from tests.world import APP, CALL, CALL2, CONFERENCE, NODE, ROOM, World

PARKED = told.CallParked(CALL, NODE, CALL.partition("-")[2], True, "527121102", "+15551230002", 1000, False, 1000)
PARKED2 = replace(PARKED, session_id=CALL2, channel_uuid=CALL2.partition("-")[2])
JOINED = told.MemberJoined(ROOM, CONFERENCE, CALL, 12, True, 3000)
LEFT = told.MemberLeft(ROOM, CONFERENCE, CALL, "", 5000)


@pytest.fixture
def world(world: World) -> World:
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    return world


def room_of(world: World) -> Room:
    found: list[Room | None] = []
    world.change(lambda uow: found.append(uow.rooms.get(ROOM)))
    assert found[0] is not None
    return found[0]


def test_a_call_without_answer_url_is_announced_and_waits(world: World) -> None:
    """contract: "A call to a number of an app without answer_url is announced by `call.created` and waits"."""
    world.happen(PARKED)
    assert world.names == ["call.created"]
    assert world.told[0]["call"]["from"] == "527121102"
    assert world.effects == [TakeOverCall(CALL, 60)]


def test_an_unknown_number_is_rejected(world: World) -> None:
    """issue 2: "an unknown number is rejected with UNALLOCATED_NUMBER"."""
    world.happen(replace(PARKED, to_number="999"))
    assert world.names == []
    assert world.effects == [Reject(CALL, "UNALLOCATED_NUMBER")]


def test_numbers_match_with_and_without_plus(world: World) -> None:
    """issue 2: "numbers are any digits, matched with or without a leading +"."""
    world.happen(replace(PARKED, to_number="15551230002"))
    assert world.names == ["call.created"]


def test_the_second_park_says_that_the_call_is_ours(world: World) -> None:
    world.happen(PARKED)
    world.happen(replace(PARKED, at=1010))
    world.happen(replace(PARKED, at=1020, recovered=True))
    assert world.effects == [TakeOverCall(CALL, 60)]


def test_a_call_found_parked_after_a_crash_is_taken_over_again(world: World) -> None:
    world.happen(PARKED)
    world.happen(replace(PARKED, at=1020, recovered=True))
    assert world.effects == [TakeOverCall(CALL, 60), TakeOverCall(CALL, 60)]


def test_the_first_member_starts_the_conference_and_the_last_ends_it(world: World) -> None:
    """contract: "conference.started at the first member in, conference.ended when empty, started again at the next"."""
    world.happen(PARKED, PARKED2, JOINED)
    world.happen(replace(JOINED, session_id=CALL2, member_id=13), LEFT, replace(LEFT, session_id=CALL2))
    world.happen(replace(JOINED, conference_uuid="9" * 8 + CONFERENCE[8:]))
    assert world.names[2:] == [
        "conference.started", "conference.member.joined", "conference.member.joined", "conference.member.left",
        "conference.member.left", "conference.ended", "conference.started", "conference.member.joined",
    ]  # fmt: skip
    assert [event.get("room_sequence") for event in world.told[2:]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [e["sequence"] for e in world.told if e.get("session_uuid") == CALL] == [1, 2, 3, 4]


def test_duplicates_are_known_by_state(world: World) -> None:
    """house rule 3: "A happening that changes nothing is a no-op: duplicates are known by state, never by number"."""
    mute = told.MemberMuteChanged(ROOM, CONFERENCE, CALL, True, 3100)
    world.happen(PARKED, JOINED, JOINED, mute, mute)
    assert world.names == ["call.created", "conference.started", "conference.member.joined"]
    assert room_of(world).members == 1
    world.happen(LEFT, LEFT)
    assert world.names[3:] == ["conference.member.left", "conference.ended"]


def test_an_old_instance_changes_nothing(world: World) -> None:
    """facts: "Apply state changes only to the Conference-Unique-ID they name"."""
    world.happen(PARKED, JOINED)
    world.happen(replace(LEFT, conference_uuid="0" * 8 + CONFERENCE[8:]))
    assert "conference.member.left" not in world.names


@pytest.mark.parametrize(
    ("keys", "asked", "by"),
    [("*6", "", "member"), ("6*", "", "switch"), ("", "", "switch"), ("", "unmute", "app")],
)
def test_who_unmuted(world: World, keys: str, asked: str, by: str) -> None:
    """contract: "A mute without a command of ours is by: "member" when that channel's keys *6 came just before"."""
    world.happen(PARKED, JOINED)

    def ask(uow: UnitOfWork) -> None:
        seat = uow.seats.get(CALL)
        assert isinstance(seat, Seat)
        uow.seats.put(replace(seat, mute_asked=asked, mute_uid="my-uid"))

    world.change(ask)
    world.happen(*(told.KeyPressed(CALL, key, 4000) for key in keys))
    world.happen(told.MemberMuteChanged(ROOM, CONFERENCE, CALL, False, 4010))
    data = world.told[-1]["data"]
    assert (data["by"], data.get("command_uid")) == (by, "my-uid" if by == "app" else None)


def test_a_hangup_in_a_room_leaves_then_completes(world: World) -> None:
    world.happen(PARKED, JOINED, told.CallAnswered(CALL, 2900))
    world.happen(replace(LEFT, hangup_cause="NORMAL_CLEARING"), told.CallEnded(CALL, "NORMAL_CLEARING", 5001))
    left, ended, completed = world.told[-3:]
    assert (left["data"]["reason"], left["data"]["cause"]) == ("hangup", "NORMAL_CLEARING")
    assert ended["event"] == "conference.ended"
    assert completed["call"]["status"] == "completed"
    assert completed["data"]["billable_ms"] == 5001 - 2900


def test_a_member_found_gone_is_an_orphan(world: World) -> None:
    """contract: "`orphan` (found gone after a gap)"."""
    world.happen(PARKED, JOINED, replace(LEFT, missed=True))
    left = next(event for event in world.told if event["event"] == "conference.member.left")
    assert (left["data"]["reason"], left["data"]["cause"]) == ("orphan", "lost")


@pytest.mark.parametrize(("kicked", "cause", "uid"), [(True, "kick", None), (False, "leave", "my-uid")])
def test_a_leave_that_was_never_sent_does_not_explain_a_later_kick(
    world: World, kicked: bool, cause: str, uid: str | None
) -> None:
    """kill -9 between the commit of a leave and its sending: a kick is told by the switch, a leave never is."""
    world.happen(PARKED, JOINED)

    def ask(uow: UnitOfWork) -> None:
        seat = uow.seats.get(CALL)
        assert isinstance(seat, Seat)
        uow.seats.put(replace(seat, exit_cause="leave", exit_uid="my-uid"))

    world.change(ask)
    world.happen(*([told.MemberKicked(ROOM, CONFERENCE, CALL, 4000)] if kicked else []), LEFT)
    left = next(event for event in world.told if event["event"] == "conference.member.left")
    assert (left["data"]["cause"], left["data"].get("command_uid")) == (cause, uid)


@pytest.mark.parametrize("cause", ["leave", "kick"])
@pytest.mark.parametrize("kicked", [True, False])
@pytest.mark.parametrize("hung_up", ["", "NORMAL_CLEARING"])
@pytest.mark.parametrize("age_ms", [0, EXIT_COUNTS_MS + 1])
def test_what_was_asked_long_ago_and_never_done_explains_no_later_leaving(
    world: World, cause: str, kicked: bool, hung_up: str, age_ms: int
) -> None:
    """kill -9 between the commit of a kick and its sending: hours later its member leaves by itself, or is kicked."""
    world.happen(PARKED, JOINED)

    def ask(uow: UnitOfWork) -> None:
        seat = uow.seats.get(CALL)
        assert seat is not None
        uow.seats.put(marks.leaving(seat, cause, "my-uid", 4000 - age_ms))

    world.change(ask)
    kick = [told.MemberKicked(ROOM, CONFERENCE, CALL, 4000)] if kicked else []
    world.happen(*kick, replace(LEFT, hangup_cause=hung_up))
    left = next(event for event in world.told if event["event"] == "conference.member.left")["data"]
    holds = not age_ms and (cause == "kick" or not kicked)
    assert left["cause"] == (hung_up or (cause if holds else "kick" if kicked else "self"))
    assert left.get("command_uid") == ("my-uid" if holds else None)


def test_a_last_sound_takes_its_time(world: World) -> None:
    """A kick with a sound is done at the end of it, or at the next start: it does not get old."""
    world.happen(PARKED, JOINED)

    def ask(uow: UnitOfWork) -> None:
        seat = uow.seats.get(CALL)
        assert seat is not None
        seat = marks.leaving(seat, "kick", "my-uid", uow.now - EXIT_COUNTS_MS - 1)
        uow.seats.put(marks.mark(seat, kick_sound="http://app.test/bye.wav"))

    world.change(ask)
    world.happen(LEFT)
    left = next(event for event in world.told if event["event"] == "conference.member.left")["data"]
    assert (left["cause"], left["command_uid"]) == ("kick", "my-uid")


def test_a_late_comer_to_a_destroyed_room_is_sent_away_unannounced(world: World) -> None:
    """contract: "the room is marked destroyed first (a join then gets 404), then all are kicked, late comers too"."""
    world.happen(PARKED)
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500, destroyed_at=1)))
    world.happen(JOINED)
    assert world.effects[-1] == SendAway(CALL)
    assert "conference.member.joined" not in world.names


@pytest.mark.parametrize(
    ("locked", "members", "reason"), [(True, 1, "locked"), (False, 3, "full"), (False, 0, "refused")]
)
def test_a_refused_join_says_why(world: World, locked: bool, members: int, reason: str) -> None:
    """issue 2: "A join that the switch refuses (full, locked) gives conference.member.join_failed with the reason"."""
    world.happen(PARKED)

    def joining(uow: UnitOfWork) -> None:
        room = uow.rooms.get(ROOM)
        assert room is not None
        uow.rooms.put(replace(room, locked=locked, members=members))
        uow.seats.put(Seat(CALL, ROOM, APP.id, "joining", 0, uow.now, join_uid="j-1"))

    world.change(joining)
    world.happen(told.JoinEnded(CALL, ROOM, 4000))
    assert world.names[-1] == "conference.member.join_failed"
    assert world.told[-1]["data"]["reason"] == reason
    assert world.told[-1]["data"]["command_uid"] == "j-1"


def joining_again(world: World) -> None:
    def ask(uow: UnitOfWork) -> None:
        uow.seats.put(Seat(CALL, ROOM, APP.id, "joining", 0, uow.now, join_uid="j-2"))

    world.change(ask)


@pytest.mark.parametrize("members", [0, 3])
def test_a_caller_who_hung_up_while_joining_was_not_refused(world: World, members: int) -> None:
    """contract: "join_failed (reason timeout; others: full, locked, kicked, hangup, refused)"."""
    world.happen(PARKED)
    joining_again(world)
    room = replace(room_of(world), members=members)
    world.change(lambda uow: uow.rooms.put(room))
    world.happen(told.JoinEnded(CALL, ROOM, 4000, hung_up=True), told.CallEnded(CALL, "NORMAL_CLEARING", 4001))
    assert [event["data"].get("reason") for event in world.told[-2:]] == ["hangup", None]
    assert world.names[-2:] == ["conference.member.join_failed", "call.completed"]


def test_the_end_of_the_stay_before_is_not_that_of_the_join(world: World) -> None:
    """The switch tells both ends of a stay, with the last sound of a kick in between: a join may come before it."""
    world.happen(PARKED, JOINED, LEFT)
    joining_again(world)
    ended = told.JoinEnded(CALL, ROOM, 8000)
    world.happen(ended)
    assert "conference.member.join_failed" not in world.names
    world.happen(replace(ended, at=8100))
    assert world.told[-1]["data"]["reason"] == "refused"


@pytest.mark.parametrize("late", [told.JoinEnded(CALL, ROOM, 5001 + EXIT_COUNTS_MS), told.JoinEnded(CALL, ROOM, 9000)])
def test_a_stay_whose_end_was_not_seen_hides_no_refusal(world: World, late: told.JoinEnded) -> None:
    """The gateway was away at the end of its application, or when it left."""
    missed = late.at == 9000
    world.happen(PARKED, JOINED, replace(LEFT, missed=missed))
    joining_again(world)
    world.happen(late)
    assert world.names[-1] == "conference.member.join_failed"


def test_the_floor_of_a_conference_that_died_is_nobodys(world: World) -> None:
    """facts: the switch forgets what it knew of a conference with its end; the next one's first floor is told again."""
    floor = told.FloorChanged(ROOM, CONFERENCE, CALL, 3100)
    world.happen(PARKED, JOINED, floor, LEFT, told.ConferenceGone(ROOM, CONFERENCE, 5100))
    reborn = "9" * 8 + CONFERENCE[8:]
    world.happen(replace(JOINED, conference_uuid=reborn), replace(floor, conference_uuid=reborn))
    assert world.names.count("conference.floor_changed") == 2
