"""Coaches: members whom only the coached hear. `relate` fires no event, its replies are the happening.

In: requests, and newcomers to a room where somebody coaches. One room's relations go one after the other.
"""

from collections.abc import Callable
from typing import Any

import gevent

from gateway.domain import marks
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.errors import Conflict, NotFound, SwitchError, SwitchRefused, SwitchTimeout
from gateway.services import announcements, room_settings
from gateway.services.commands import Answer, Asked, CommandDesk, error_answer, with_uid
from gateway.services.effects import RelateNewcomer
from gateway.services.ownership import alive, own_live_session, own_room
from gateway.services.room_members import joined_in
from gateway.services.turns import RoomTurns
from gateway.store import rooms as room_rows
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Relate, Undeaf

GROUP = "conference_coach"
MOST_TRIES, TRY_AGAIN_S = 3, 0.1
MOST_MEMBERS = 50  # a relation is a pair: each newcomer costs one for every coach
CLEAR, NOT_HEARD = "clear", "nohear"
_Change = Callable[[list[str]], list[str]]


class Coaching:
    """Who coaches whom is kept in the room's settings, and set anew in the switch for each newcomer."""

    def __init__(self, store: Store, desk: CommandDesk) -> None:
        self._store = store
        self._desk = desk
        self._turns = RoomTurns(store, desk.owner)

    def coach(self, asked: Asked, room_id: str, session_id: str, coached: list[str]) -> Answer:
        """202 coaching: from now on only `coached` (besides those before) hear this member."""

        def change(before: list[str]) -> list[str]:
            if session_id in coached:
                raise Conflict("A member cannot coach itself", "cannot-coach-itself")
            return [*before, *(one for one in coached if one not in before)]

        return self._change(asked, room_id, session_id, coached, change)

    def uncoach(self, asked: Asked, room_id: str, session_id: str, released: list[str]) -> Answer:
        """202 coaching, or with nobody left to coach 202 uncoached: all hear this member again."""

        def change(before: list[str]) -> list[str]:
            if not before:
                raise Conflict("The member coaches nobody", "not-coaching")
            return [one for one in before if one not in released] if released else []

        return self._change(asked, room_id, session_id, [], change)

    def _change(self, asked: Asked, room_id: str, session_id: str, coached: list[str], change: _Change) -> Answer:
        """What is wanted is committed first, so that a newcomer finds it; told once the switch has done it."""
        names = (session_id, *coached)
        needs = self._desk.needs(asked, GROUP, session_id, rooms=(room_id,), sessions=names)
        before: list[str] = []

        def plan(uow: UnitOfWork) -> Answer | None:
            room = own_room(uow, asked.app, room_id)
            sessions = [own_live_session(uow, asked.app, name) for name in names]
            gate = self._desk.gate(uow, asked, GROUP, session_id)
            if gate.answer:
                return gate.answer
            for session in sessions:
                joined_in(uow.seats.get(alive(session).id), room)
            if room.members > MOST_MEMBERS:
                raise Conflict(f"Coaching is for rooms of up to {MOST_MEMBERS} members", "room-too-large")
            before[:] = room_settings.coaching(room).get(session_id, {}).get("coached", [])  # it may be run again
            gate.close(uow)
            after = change(before)
            if coached and len(after) > MOST_MEMBERS:  # some of them are long over
                living = session_rows.living(uow.connection, after)
                after = [one for one in after if one in living]
            uow.rooms.put(room_settings.with_coach(room, session_id, after, asked.command_uid, before))
            return None

        with self._desk.under_way(asked), self._turns.alone(room_id):
            repeated = self._desk.decide(asked, needs, plan)
            if repeated is not None:
                return repeated
            self._relate_coach(asked, needs, room_id, session_id, before)
            answer = self._store.write(lambda uow: self._told(uow, asked, room_id, session_id, before), needs)
            if answer is None:
                self._store.write(lambda uow: self._desk.forget(uow, asked, needs), needs)
                raise NotFound("Conference room not found", "room-not-found")
            self._desk.remember(asked, answer)
            return answer

    def _told(self, uow: UnitOfWork, asked: Asked, room_id: str, session_id: str, before: list[str]) -> Answer | None:
        """None where the room or the member was swept away meanwhile."""
        room, session = uow.rooms.get(room_id), uow.sessions.get(session_id)
        if room is None or session is None:
            return None
        after = list(room_settings.coaching(room).get(session_id, {}).get("coached", []))
        uow.rooms.put(room_settings.with_coach(room, session_id, after))
        _tell(uow, room, session, before, after, asked.command_uid)
        status = "coaching" if after else "uncoached"
        body = {"status": status, "room_id": room_id, "uuid": session_id, "coached": after}
        return Answer(202, with_uid(asked, body))

    # Setting it right in the switch

    def newcomer(self, effect: RelateNewcomer) -> None:
        """It came in deaf; it hears the room once it does not hear whom it should not."""
        with self._turns.alone(effect.room_id):
            room, seats = self._room(effect.room_id)
            seat = seats.get(effect.session_id)
            if room is None or seat is None:
                return
            self._relate_surely(room.id, seat.session_id)  # what fails leaves it deaf, till this is done anew
            if marks.has(seat, marks.HUSHED):
                if not marks.has(seat, marks.DEAF):
                    self._desk.ask(room.node_id, Undeaf(room.id, seat.member_id, quiet=True))
                self._store.write(lambda uow: _unhushed(uow, seat), Needs(sessions=(seat.session_id,)))

    def to_be_mended(self, node_id: str) -> list[RelateNewcomer]:
        """A process before us may have died between a newcomer's join and its relations, or before it told."""
        rooms = self._store.read(lambda connection: room_rows.occupied_on(connection, node_id))
        found: list[RelateNewcomer] = []
        for room in rooms:
            if room_settings.is_coached(room):
                self._tell_untold(room)
                seated = self._store.read(lambda c, room_id=room.id: session_rows.seated_in(c, room_id))  # type: ignore[misc]
                found += [RelateNewcomer(room.id, seat.session_id) for seat, _session in seated]
        return found

    def _tell_untold(self, room: Room) -> None:
        for coach, entry in room_settings.coaching(room).items():
            if entry["uid"]:
                needs = Needs(rooms=(room.id,), sessions=(coach,))
                self._store.write(lambda uow, name=coach: _tell_now(uow, room.id, name), needs)  # type: ignore[misc]

    def _relate_coach(self, asked: Asked, needs: Needs, room_id: str, coach: str, before: list[str]) -> None:
        """A switch that fails in between: it shall be as it was, and is set so when the switch is back."""
        room, seats = self._room(room_id)
        if room is None or coach not in seats:
            return
        try:
            self._relate_surely(room_id, coach)
        except SwitchTimeout as error:
            self._store.write(lambda uow: _as_before(uow, room_id, coach, before), needs)
            self._desk.remember(asked, error_answer(504, error))
            raise
        except SwitchError:
            self._store.write(lambda uow: self._take_back(uow, asked, needs, room_id, coach, before), needs)
            raise

    def _take_back(
        self, uow: UnitOfWork, asked: Asked, needs: Needs, room_id: str, coach: str, before: list[str]
    ) -> None:
        self._desk.forget(uow, asked, needs)
        _as_before(uow, room_id, coach, before)

    def _relate_surely(self, room_id: str, only: str) -> None:
        """Who leaves meanwhile is refused by the switch, and is gone at the next try; raises SwitchRefused."""
        for _ in range(MOST_TRIES):
            room, seats = self._room(room_id)
            if room is None or only not in seats or self._relate(room, seats, only):
                return
            gevent.sleep(TRY_AGAIN_S)
        raise SwitchRefused("The switch does not keep the coach from all others")

    def _relate(self, room: Room, seats: dict[str, Seat], only: str) -> bool:
        """All pairs in which `only` hears or is heard. What others hold toward one survives its re-join: cleared.

        False where somebody may hear whom it should not.
        """
        coaches, kept = room_settings.coaching(room), True
        for name, other in seats.items():
            if name != only:
                kept &= self._set(room, other, seats[only], _is_kept_from(coaches.get(only), name))
            if name != only and name in coaches:
                kept &= self._set(room, seats[only], other, _is_kept_from(coaches[name], only))
        return kept

    def _set(self, room: Room, hearer: Seat, heard: Seat, kept: bool) -> bool:
        relation = NOT_HEARD if kept else CLEAR
        reply = self._desk.ask(room.node_id, Relate(room.id, hearer.member_id, heard.member_id, relation))
        return reply.ok or not kept

    def _room(self, room_id: str) -> tuple[Room | None, dict[str, Seat]]:
        room = self._store.read(lambda connection: room_rows.find(connection, room_id))
        seated = self._store.read(lambda connection: session_rows.seated_in(connection, room_id))
        return room, {seat.session_id: seat for seat, _session in seated}


def _as_before(uow: UnitOfWork, room_id: str, coach: str, before: list[str]) -> None:
    if room := uow.rooms.get(room_id):
        uow.rooms.put(room_settings.with_coach(room, coach, before))
        uow.after_commit(RelateNewcomer(room_id, coach))


def _is_kept_from(coach: dict[str, Any] | None, hearer: str) -> bool:
    return bool(coach and coach["coached"] and hearer not in coach["coached"])


def _tell(uow: UnitOfWork, room: Room, coach: Session, before: list[str], after: list[str], uid: str) -> None:
    if any(one not in before for one in after):
        uow.emit(announcements.member_coached(room, coach, after, uid, uow.now))
    elif released := [one for one in before if one not in after]:
        uow.emit(announcements.member_uncoached(room, coach, released, after, uid, uow.now))


def _tell_now(uow: UnitOfWork, room_id: str, coach: str) -> None:
    room, session = uow.rooms.get(room_id), uow.sessions.get(coach)
    entry = room_settings.coaching(room).get(coach) if room is not None else None
    if room is not None and session is not None and entry is not None and entry["uid"]:
        uow.rooms.put(room_settings.with_coach(room, coach, entry["coached"]))
        _tell(uow, room, session, entry["before"], entry["coached"], entry["uid"])


def _unhushed(uow: UnitOfWork, before: Seat) -> None:
    seat = uow.seats.get(before.session_id)
    if seat is not None and seat.conference_uuid == before.conference_uuid:
        uow.seats.put(marks.mark(seat, hushed=False))
