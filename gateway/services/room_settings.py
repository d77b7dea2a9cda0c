"""What an app has set for a room and the switch forgets: its pin, roles, who coaches whom, locks under way.

State changes only, on Room.settings; they outlive the conference in the switch and are set again when it is born.
"""

from collections.abc import Callable, Iterable
from typing import Any

from gateway.domain import marks
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.services.effects import LockAgain, RelateNewcomer
from gateway.store.unit_of_work import UnitOfWork

DOCUMENT = "document"  # the origin of a room that a document made
MOVE, MEMBER, MODERATOR = "move", "member", "moderator"
LOCKED, KICKED = "locked", "kicked"
MOST_ROLES, MOST_BANS, MOST_ASKED = 256, 64, 16
_PIN, _ROLES, _COACHING, _ASKED, _CREATED = "pin", "roles", "coaching", "asked", "created"


def with_setting(room: Room, name: str, value: Any) -> Room:
    """An empty value takes the setting away."""
    settings = {key: kept for key, kept in {**room.settings, name: value}.items() if kept}
    return replace(room, settings=settings)


def is_announced(room: Room) -> bool:
    """Whether conference.created was told: of a document's room at its first add-member, or of what came before."""
    return room.origin != DOCUMENT or room.seat_counter > 0 or bool(room.settings.get(_CREATED))


def as_announced(room: Room) -> Room:
    return with_setting(room, _CREATED, True)


# The door


def refusal(session: Session, room: Room) -> str:
    """Why a call may not come in, as join_failed says it; '' where it may."""
    if room.name in session.banned_from.split():
        return KICKED
    return LOCKED if room.locked else ""


def banned(session: Session, room: Room) -> Session:
    """It may not come back, nor into a later room of this name, unless it dials in again: that is another session."""
    return replace(session, banned_from=" ".join([*session.banned_from.split(), room.name][-MOST_BANS:]))


def pin_of(room: Room) -> str:
    return str(room.settings.get(_PIN, ""))


def with_pin(room: Room, pin: str) -> Room:
    return with_setting(room, _PIN, pin)


def lock_asked(room: Room, locked: bool, command_uid: str, at: int) -> Room:
    return with_setting(room, _ASKED, [*room.settings.get(_ASKED, []), [locked, command_uid, at]][-MOST_ASKED:])


def is_lock_asked(room: Room, locked: bool, now: int) -> bool:
    """Whether a command for it is under way."""
    return any(one[0] == locked and marks.counts(one, now) for one in room.settings.get(_ASKED, []))


def lock_untaken(room: Room, command_uid: str) -> Room:
    return with_setting(room, _ASKED, [one for one in room.settings.get(_ASKED, []) if one[1] != command_uid])


def lock_told(room: Room, locked: bool, now: int) -> tuple[Room, str]:
    """The switch told of a lock or unlock: the room without those asked till then, and that one's command_uid or ''."""
    under_way = room.settings.get(_ASKED, [])
    meant = (index for index, one in enumerate(under_way) if one[0] == locked and marks.counts(one, now))
    at = next(meant, None)
    if at is None:
        return room, ""
    return with_setting(room, _ASKED, under_way[at + 1 :]), str(under_way[at][1])


# Roles


def role_of(room: Room, session_id: str) -> str:
    return str(room.settings.get(_ROLES, {}).get(session_id, MEMBER))


def with_role(room: Room, session_id: str, role: str) -> Room:
    """Kept while the call lives, in the room or not."""
    roles = {name: kept for name, kept in room.settings.get(_ROLES, {}).items() if name != session_id}
    if role != MEMBER:
        roles[session_id] = role
    return with_setting(room, _ROLES, roles)


def with_roles_of(room: Room, living: Callable[[Iterable[str]], set[str]]) -> Room:
    """With room for one more, if calls that are over leave any: those that left before they ended kept theirs."""
    roles = room.settings.get(_ROLES, {})
    if len(roles) < MOST_ROLES:
        return room
    alive = living(roles)
    return with_setting(room, _ROLES, {name: role for name, role in roles.items() if name in alive})


def has_room_for_roles(room: Room) -> bool:
    return len(room.settings.get(_ROLES, {})) < MOST_ROLES


# Coaching: session of a coach -> {"coached": who alone hear it, "uid": of a command not told yet, "before"}


def coaching(room: Room) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = room.settings.get(_COACHING, {})
    return found


def is_coached(room: Room) -> bool:
    """Whether a newcomer must not hear somebody: it comes in deaf until that is set."""
    return bool(room.settings.get(_COACHING))


def with_coach(
    room: Room, coach: str, coached: list[str], untold_uid: str = "", before: list[str] | None = None
) -> Room:
    """`before`: whom it coached till then, while the app was not told yet."""
    others = {name: kept for name, kept in coaching(room).items() if name != coach}
    if coached or untold_uid:
        others[coach] = {"coached": coached, "uid": untold_uid, "before": list(before or [])}
    return with_setting(room, _COACHING, others)


def coached_by(room: Room, session_id: str) -> list[str]:
    return [coach for coach, entry in coaching(room).items() if session_id in entry["coached"]]


# Coming and going


def entered(uow: UnitOfWork, room: Room, seat: Seat) -> None:
    """`room` counts the new member."""
    if room.locked and room.members == 1:
        uow.after_commit(LockAgain(room.id))
    if marks.has(seat, marks.HUSHED) or (room.settings and is_coached(room)):
        uow.after_commit(RelateNewcomer(room.id, seat.session_id))


def left(room: Room, seat: Seat, reason: str) -> Room:
    """Roles and coaching are a call's: they are forgotten with it, and kept for one that may come back."""
    if reason == "removed":
        return room
    return with_coach(with_role(room, seat.session_id, MEMBER), seat.session_id, [])
