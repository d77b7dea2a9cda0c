"""What an app has set for a room: locks under way, roles, who coaches whom."""

from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.services import room_settings as settings
from tests.world import CALL, CALL2, NODE, ROOM

BARE = Room(ROOM, "app_1", NODE, "r", "api", 1)


def test_locks_under_way_are_told_in_their_order() -> None:
    room = settings.lock_asked(
        settings.lock_asked(settings.lock_asked(BARE, True, "1", 1), False, "2", 2), True, "3", 3
    )
    room, uid = settings.lock_told(room, False, 4)
    assert uid == "2" and not settings.is_lock_asked(room, False, 4)
    assert settings.lock_told(room, True, 4) == (BARE, "3")
    assert settings.lock_untaken(room, "3") == BARE


def test_who_was_kicked_for_good_or_finds_it_locked() -> None:
    session = Session(CALL, "app_1", NODE, "c", "inbound", "1", "2", "answered", 1)
    assert settings.refusal(session, BARE) == ""
    assert settings.refusal(session, replace(BARE, locked=True)) == "locked"
    assert settings.refusal(settings.banned(session, BARE), BARE) == "kicked"
    assert settings.refusal(settings.banned(session, BARE), replace(BARE, name="another")) == ""


def test_roles_and_coaching_end_with_the_call_and_outlive_a_stay() -> None:
    room = settings.with_coach(settings.with_role(BARE, CALL, "moderator"), CALL, [CALL2])
    seat = Seat(CALL, ROOM, "app_1", "joined", 1, 1)
    assert settings.left(room, seat, "removed") == room
    assert settings.coached_by(room, CALL2) == [CALL] and settings.role_of(room, CALL) == "moderator"
    assert settings.left(room, seat, "hangup") == BARE
