"""A room's lock and floor in the switch's list against the store, without any I/O."""

from gateway.domain import happenings as told
from gateway.intake.room_states import Found, differences, noting
from gateway.store.rooms import RoomState
from tests.world import CALL, CONFERENCE, NODE, ROOM

NOBODY: frozenset[str] = frozenset()


def test_what_the_list_says_of_rooms() -> None:
    members = [{"uuid": CALL.partition("-")[2], "id": 3, "flags": {"has_floor": True}}, {"type": "recording_node"}]
    ours = {"conference_name": ROOM, "conference_uuid": CONFERENCE, "locked": True, "members": members}
    found: dict[str, Found] = {}
    assert list(noting([ours, {"conference_name": "somebody-elses"}], NODE, found)) == [
        ours,
        {"conference_name": "somebody-elses"},
    ]
    assert found == {ROOM: Found(CONFERENCE, True, CALL)}


def test_differences_are_of_the_instance_that_both_know() -> None:
    known = [RoomState(ROOM, CONFERENCE, False, "")]
    assert differences(known, {ROOM: Found(CONFERENCE, True, CALL)}, NOBODY, 9) == [
        told.RoomLockChanged(ROOM, CONFERENCE, True, 9, found=True),
        told.FloorChanged(ROOM, CONFERENCE, CALL, 9),
    ]
    assert differences(known, {ROOM: Found("another", True, CALL)}, NOBODY, 9) == []
    assert differences(known, {ROOM: Found(CONFERENCE, False, "")}, NOBODY, 9) == []
    assert differences(known, {ROOM: Found(CONFERENCE, True, "")}, frozenset({ROOM}), 9) == []
