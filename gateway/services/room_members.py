"""What an app asks of one member of a room: mute, deaf, hold, volume, role, kick, move. Events then tell.

All take (asked, room_id, session_id, …); the member's room must be this one.
"""

from collections.abc import Callable

from gateway.domain import marks
from gateway.domain.apps import App
from gateway.domain.member import JOINED, Seat, mute_asked, mute_untaken
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import frozen, replace
from gateway.errors import Conflict, NotFound
from gateway.schemas.shapes import member_details
from gateway.services import announcements, room_roles, room_settings
from gateway.services.commands import Answer, Asked, CommandDesk, Gate, Step, with_uid
from gateway.services.effects import KickWithSound
from gateway.services.ownership import alive, checked_room, checked_session, own_live_session, own_room
from gateway.store import rooms as room_rows
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import (
    Command,
    Deaf,
    Hold,
    Join,
    Leave,
    MemberVolume,
    Mute,
    Undeaf,
    Unhold,
    Unmute,
)


@frozen
class Place:
    """A member where it was asked for, and the gate of the request."""

    room: Room
    session: Session
    seat: Seat
    gate: Gate


Decide = Callable[[UnitOfWork, Place], Answer | Step]


class RoomMembers:
    """The commands that name room and call, beyond the contract (docs/rooms.md)."""

    def __init__(self, store: Store, desk: CommandDesk) -> None:
        self._store = store
        self._desk = desk

    def get(self, app: App, room_id: str, session_id: str) -> dict[str, object]:
        """All that is known of one member."""
        room = checked_room(self._store.read(lambda connection: room_rows.find(connection, room_id)), app)
        found, seat = self._store.read(lambda connection: session_rows.with_seat(connection, session_id))
        session = checked_session(found, app)
        about = {
            "role": room_settings.role_of(room, session_id),
            "coaches": list(room_settings.coaching(room).get(session_id, {}).get("coached", [])),
            "coached_by": room_settings.coached_by(room, session_id),
        }
        return member_details(room, joined_in(seat, room), session.to_number, session.from_number, about)

    def mute(self, asked: Asked, room_id: str, session_id: str, muted: bool, again: bool = False) -> Answer:
        """As SessionMembers.mute. `again` sends it whatever we know: the switch may be about to tell the opposite."""
        word = "mute" if muted else "unmute"

        def decide(uow: UnitOfWork, place: Place) -> Answer | Step:
            if place.seat.muted == muted and not again:
                raise Conflict(f"Session is already {word}d", f"already-{word}d")
            place.gate.close(uow)
            uow.seats.put(mute_asked(place.seat, word, asked.command_uid, uow.now))
            command = Mute(room_id, place.seat.member_id) if muted else Unmute(room_id, place.seat.member_id)
            return Step(place.room.node_id, command, _answer(asked, place, f"{word}d"), untaken)

        def untaken(uow: UnitOfWork) -> None:
            if seat := uow.seats.get(session_id):
                uow.seats.put(mute_untaken(seat, asked.command_uid))

        return self.run(asked, "conference_mute", room_id, session_id, decide)

    def deaf(self, asked: Asked, room_id: str, session_id: str, deaf: bool) -> Answer:
        """Deaf members hear nothing of the room. Raises Conflict when it is so already, or while held."""
        word, status = ("deaf", "deafened") if deaf else ("undeaf", "undeafened")

        def decide(uow: UnitOfWork, place: Place) -> Answer | Step:
            if marks.is_silenced(place.seat):
                raise Conflict("The member is on hold: it hears nothing of the room", "member-held")
            if marks.has(place.seat, marks.DEAF) == deaf:
                raise Conflict(f"The member is already {status}", f"already-{status}")
            member = place.seat.member_id
            command = Deaf(room_id, member) if deaf else Undeaf(room_id, member)
            return self._sent(uow, asked, place, word, status, command)

        return self.run(asked, "conference_deaf", room_id, session_id, decide)

    def hold(self, asked: Asked, room_id: str, session_id: str, music: str = "") -> Answer:
        """Neither heard nor hearing the room, from the event on; `music` (a URL) is played to it over and over."""

        def decide(uow: UnitOfWork, place: Place) -> Answer | Step:
            if marks.has(place.seat, marks.HELD):
                raise Conflict("The member is already on hold", "already-held")
            held = replace(place, seat=marks.mark(place.seat, music=music))
            return self._sent(uow, asked, held, "hold", "held", Hold(room_id, place.seat.member_id))

        return self.run(asked, "conference_hold", room_id, session_id, decide)

    def unhold(self, asked: Asked, room_id: str, session_id: str) -> Answer:
        def decide(uow: UnitOfWork, place: Place) -> Answer | Step:
            if not marks.has(place.seat, marks.HELD) and not marks.is_asked(place.seat, "hold", uow.now):
                raise Conflict("The member is not on hold", "not-held")
            return self._sent(uow, asked, place, "unhold", "unheld", Unhold(room_id, place.seat.member_id))

        return self.run(asked, "conference_hold", room_id, session_id, decide)

    def volume(self, asked: Asked, room_id: str, session_id: str, direction: str, level: int) -> Answer:
        """`direction` in: what the room hears of the member; out: what the member hears. `level` -4 to 4."""

        def decide(uow: UnitOfWork, place: Place) -> Answer | Step:
            command = MemberVolume(room_id, place.seat.member_id, direction, level)
            return self._sent(uow, asked, place, f"volume_{direction}", "volume_changed", command)

        return self.run(asked, "conference_member_volume", room_id, session_id, decide)

    def role(self, asked: Asked, room_id: str, session_id: str, role: str) -> Answer:
        """The gateway's own: whom mute_all spares. It is the call's in this room until the call ends."""

        def decide(uow: UnitOfWork, place: Place) -> Answer:
            room = room_settings.with_roles_of(place.room, lambda names: session_rows.living(uow.connection, names))
            if role != room_settings.MEMBER and not room_settings.has_room_for_roles(room):
                raise Conflict(f"A room has at most {room_settings.MOST_ROLES} moderators", "too-many-roles")
            place.gate.close(uow)
            if room_settings.role_of(place.room, session_id) != role:
                room = room_settings.with_role(room, session_id, role)
                uow.rooms.put(room)
                told = announcements.member_role_changed(room, place.session, role, asked.command_uid, uow.now)
                uow.emit(told)
            answer = _answer(asked, place, "role_changed")
            return replace(answer, body={**answer.body, "role": role})

        return self.run(asked, "conference_role", room_id, session_id, decide)

    def kick(self, asked: Asked, room_id: str, session_id: str, sound: str = "", banned: bool = False) -> Answer:
        """Out of the room, the call goes on. `sound` (a URL) is the last thing the member hears there.

        `banned`: this call cannot come back into this room.
        """

        def decide(uow: UnitOfWork, place: Place) -> Answer | Step:
            place.gate.close(uow)
            seat = marks.leaving(place.seat, room_roles.KICK, asked.command_uid, uow.now)
            if banned:
                uow.sessions.put(room_settings.banned(place.session, place.room))
            answer = _answer(asked, place, "kicked")
            if sound:
                uow.seats.put(marks.mark(seat, kick_sound=sound))
                uow.after_commit(KickWithSound(session_id))
                return answer
            uow.seats.put(seat)
            return Step(place.room.node_id, Leave(place.session.channel_uuid), answer, untaken)

        def untaken(uow: UnitOfWork) -> None:
            if seat := uow.seats.get(session_id):
                uow.seats.put(marks.staying(seat))

        return self.run(asked, "conference", room_id, session_id, decide)

    def move(self, asked: Asked, room_id: str, session_id: str, target_id: str) -> Answer:
        """Into another room of the app on the same switch, muted as it is; the call never parks in between."""

        def decide(uow: UnitOfWork, place: Place) -> Answer | Step:
            target = own_room(uow, asked.app, target_id)
            _check_move(place, target)
            place.gate.close(uow)
            uow.seats.put(marks.leaving(place.seat, room_settings.MOVE, asked.command_uid, uow.now, target_id))
            flags = _flags_there(uow, place.seat, target)
            answer = _answer(asked, place, "moving")
            answer = replace(answer, body={**answer.body, "to_room_id": target_id})
            return Step(place.room.node_id, Join(place.session.channel_uuid, target_id, flags), answer, untaken)

        def untaken(uow: UnitOfWork) -> None:
            if seat := uow.seats.get(session_id):
                uow.seats.put(marks.staying(seat))

        return self.run(asked, "conference", room_id, session_id, decide, target_id)

    def run(self, asked: Asked, group: str, room_id: str, session_id: str, decide: Decide, *more_rooms: str) -> Answer:
        """The order of checks, for a member: ownership of both, key, cooldown, then that it sits in this room."""
        rooms = (room_id, *more_rooms)
        needs = self._desk.needs(asked, group, session_id, rooms=rooms, sessions=(session_id,))

        def plan(uow: UnitOfWork) -> Answer | Step:
            room, session = own_room(uow, asked.app, room_id), own_live_session(uow, asked.app, session_id)
            for other in more_rooms:
                own_room(uow, asked.app, other)
            gate = self._desk.gate(uow, asked, group, session_id)
            if gate.answer:
                return gate.answer
            seat = joined_in(uow.seats.get(alive(session).id), room)
            return decide(uow, Place(room, session, seat, gate))

        return self._desk.run(asked, needs, plan)

    def _sent(self, uow: UnitOfWork, asked: Asked, place: Place, word: str, status: str, command: Command) -> Step:
        """The command and what is remembered of it until the switch tells of it."""
        place.gate.close(uow)
        uow.seats.put(marks.asked(place.seat, word, asked.command_uid, uow.now))

        def untaken(undo: UnitOfWork) -> None:
            if seat := undo.seats.get(place.session.id):
                undo.seats.put(marks.untaken(seat, asked.command_uid))

        return Step(place.room.node_id, command, _answer(asked, place, status), untaken)


def _answer(asked: Asked, place: Place, status: str) -> Answer:
    return Answer(202, with_uid(asked, {"status": status, "room_id": place.room.id, "uuid": place.session.id}))


def joined_in(seat: Seat | None, room: Room) -> Seat:
    """A seat in this very room; raises NotFound or, still joining, Conflict."""
    if seat is None or seat.room_id != room.id:
        raise NotFound("Session is not in this conference", "not-in-conference")
    if seat.state != JOINED:
        raise Conflict("Session is still joining the conference", "still-joining", {"room_id": room.id})
    return seat


def _check_move(place: Place, target: Room) -> None:
    if target.id == place.room.id:
        raise Conflict("The member is in that conference room", "same-room")
    if target.node_id != place.room.node_id:
        detail = {"session": place.room.node_id, "room": target.node_id}
        raise Conflict("The call is on another switch than the room", "different-node", detail)
    if why := room_settings.refusal(place.session, target):
        message = "The conference room is locked" if why == room_settings.LOCKED else "The call was kicked from there"
        raise Conflict(message, f"conference-{why}" if why == room_settings.LOCKED else "kicked-from-conference")
    if marks.has(place.seat, marks.HELD):
        raise Conflict("The member is on hold", "member-held")


def _flags_there(uow: UnitOfWork, seat: Seat, target: Room) -> tuple[str, ...]:
    flags = [flag for flag in room_roles.native_flags(uow, target) if flag != "mute" or seat.muted]
    if marks.has(seat, marks.DEAF) or room_settings.is_coached(target):
        flags.append("deaf")
    return tuple(flags)
