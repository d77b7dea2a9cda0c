"""What an app asks of a member: join, leave, mute, unmute. The switch's events then tell what became of it."""

from gateway.domain import marks
from gateway.domain.member import JOINED, JOINING, Seat, mute_asked, mute_untaken
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.errors import Conflict, NotFound
from gateway.services import announcements, room_roles, room_settings
from gateway.services.commands import Answer, Asked, CommandDesk, Gate, Step, with_uid
from gateway.services.ownership import alive, in_progress, own_live_session, own_room
from gateway.services.reactions import dials
from gateway.services.reactions.members import LEAVE, new_seat
from gateway.services.sessions import plan_for_call, stop_waiting
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Join, Leave, Mute, Unmute


class SessionMembers:
    """The commands that name a call alone; the room is the one it is in, or shall join."""

    def __init__(self, desk: CommandDesk) -> None:
        self._desk = desk

    def join(self, asked: Asked, session_id: str, room_id: str) -> Answer:
        """202 joining, 200 already_joined; raises Conflict when in a different room."""
        needs = self._desk.needs(asked, "conference", session_id, rooms=(room_id,), sessions=(session_id,))

        def plan(uow: UnitOfWork) -> Answer | Step:
            session, room = own_live_session(uow, asked.app, session_id), own_room(uow, asked.app, room_id)
            gate = self._desk.gate(uow, asked, "conference", session_id)
            if gate.answer:
                return gate.answer
            seat = uow.seats.get(alive(session).id)
            if seat is not None:
                answer = self._already(asked, seat, room)
                gate.close(uow, sends=False)
                return answer
            if dials.is_connecting(uow, session):
                raise Conflict("The call is being connected with another one", "call-connecting")
            if session.direction == "outbound":  # one that rings is still being dialled: the switch would cut into it
                in_progress(session)
            _same_node(session, room)
            answer = Answer(202, with_uid(asked, {"status": "joining", "room_id": room.id}))
            seat = new_seat(room, session, uow.now, asked.command_uid)
            if why := room_settings.refusal(session, room):
                gate.close(uow, sends=False)
                uow.emit(announcements.member_join_failed(room, session, seat, why, uow.now))
                return answer
            gate.close(uow)
            stop_waiting(uow, session)
            hushed = room_settings.is_coached(room)
            flags = (*room_roles.native_flags(uow, room), *(("deaf",) if hushed else ()))
            uow.seats.put(marks.mark(seat, hushed=hushed))
            command = Join(session.channel_uuid, room.id, flags)
            return Step(session.node_id, command, answer, lambda undo: _free(undo, session_id))

        return self._desk.run(asked, needs, plan)

    def _already(self, asked: Asked, seat: Seat, room: Room) -> Answer:
        if seat.room_id != room.id:
            raise Conflict(
                "Session is already in a different conference room. Use conference/leave first.",
                "in-different-room",
                {"room_id": seat.room_id},
            )
        if seat.state == JOINING:
            return Answer(202, with_uid(asked, {"status": "joining", "room_id": room.id}))
        return Answer(200, with_uid(asked, {"status": "already_joined", "room_id": room.id}))

    def leave(self, asked: Asked, session_id: str) -> Answer:
        needs = self._desk.needs(asked, "conference", session_id, roomless=True, sessions=(session_id,))

        def plan(uow: UnitOfWork, session: Session, gate: Gate) -> Step:
            seat = _joined_seat(uow, session)
            gate.close(uow)
            uow.seats.put(marks.leaving(seat, LEAVE, asked.command_uid, uow.now))
            answer = Answer(202, with_uid(asked, {"status": "leaving", "room_id": seat.room_id}))
            return Step(session.node_id, Leave(session.channel_uuid), answer, lambda undo: _stay(undo, session_id))

        return self._desk.run(asked, needs, plan_for_call(self._desk, asked, session_id, plan, "conference"))

    def mute(self, asked: Asked, session_id: str, muted: bool) -> Answer:
        """Mute or unmute; raises Conflict when still joining, and when it is so already."""
        needs = self._desk.needs(asked, "conference_mute", session_id, roomless=True, sessions=(session_id,))
        word = "mute" if muted else "unmute"

        def plan(uow: UnitOfWork, session: Session, gate: Gate) -> Step:
            seat = _joined_seat(uow, session)
            if seat.muted == muted:
                raise Conflict(f"Session is already {word}d", f"already-{word}d")
            gate.close(uow)
            uow.seats.put(mute_asked(seat, word, asked.command_uid, uow.now))
            command = Mute(seat.room_id, seat.member_id) if muted else Unmute(seat.room_id, seat.member_id)
            answer = Answer(202, with_uid(asked, {"status": f"{word}d", "room_id": seat.room_id}))
            return Step(session.node_id, command, answer, lambda undo: _unasked(undo, session_id, asked.command_uid))

        return self._desk.run(asked, needs, plan_for_call(self._desk, asked, session_id, plan, "conference_mute"))


def _joined_seat(uow: UnitOfWork, session: Session) -> Seat:
    seat = uow.seats.get(alive(session).id)
    if seat is None:
        raise NotFound("Session is not in any conference", "not-in-conference")
    if seat.state != JOINED:
        raise Conflict("Session is still joining the conference", "still-joining", {"room_id": seat.room_id})
    return seat


def _same_node(session: Session, room: Room) -> None:
    if session.node_id != room.node_id:
        raise Conflict(
            "The call is on another switch than the room",
            "different-node",
            {"session": session.node_id, "room": room.node_id},
        )


def _free(uow: UnitOfWork, session_id: str) -> None:
    seat = uow.seats.get(session_id)
    if seat is not None and seat.state == JOINING:
        uow.seats.drop(session_id)


def _stay(uow: UnitOfWork, session_id: str) -> None:
    if seat := uow.seats.get(session_id):
        uow.seats.put(marks.staying(seat))


def _unasked(uow: UnitOfWork, session_id: str, command_uid: str) -> None:
    if seat := uow.seats.get(session_id):
        uow.seats.put(mute_untaken(seat, command_uid))
