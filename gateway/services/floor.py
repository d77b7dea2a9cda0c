"""The floor of a room, claimed for a member: released by who holds it, then taken, for `floor` takes it from nobody.

In: a request. Out: conference.floor_changed follows, or the refusal floor-held.
"""

import re

from gateway.domain import marks
from gateway.domain.values import replace
from gateway.errors import Conflict
from gateway.services import by_reply
from gateway.services.commands import Answer, Asked, CommandDesk, Step, with_uid
from gateway.services.ownership import alive, own_live_session, own_room
from gateway.services.room_members import joined_in
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Floor

GROUP = "conference_floor"
MOST_TRIES = 3  # a freed floor goes to somebody at the next 20 ms (freeswitch-facts.md)
_HOLDER = re.compile(r"floor is held by (\d{1,9})")


class Floors:
    def __init__(self, store: Store, desk: CommandDesk) -> None:
        self._store = store
        self._desk = desk

    def claim(self, asked: Asked, room_id: str, session_id: str) -> Answer:
        """202 floor_claimed, 200 already_held; raises Conflict floor-held when others were faster three times."""
        needs = self._desk.needs(asked, GROUP, room_id, rooms=(room_id,), sessions=(session_id,))
        body = {"room_id": room_id, "uuid": session_id}

        def plan(uow: UnitOfWork) -> Answer | Step:
            room, session = own_room(uow, asked.app, room_id), own_live_session(uow, asked.app, session_id)
            gate = self._desk.gate(uow, asked, GROUP, room_id)
            if gate.answer:
                return gate.answer
            seat = joined_in(uow.seats.get(alive(session).id), room)
            if room.floor_holder == session_id:
                gate.close(uow, sends=False)
                return Answer(200, with_uid(asked, {"status": "already_held", **body}))
            gate.close(uow)
            uow.seats.put(marks.mark(seat, floor_asked=[asked.command_uid, uow.now]))
            answer = Answer(202, with_uid(asked, {"status": "floor_claimed", **body}))
            return Step(room.node_id, Floor(room_id, seat.member_id), answer, untaken)

        def untaken(uow: UnitOfWork) -> None:
            if seat := uow.seats.get(session_id):
                uow.seats.put(marks.mark(seat, floor_asked=None))

        def given_up(uow: UnitOfWork) -> None:
            self._desk.forget(uow, asked, needs)
            untaken(uow)

        def send(step: Step) -> Answer:
            if not self._claimed(asked, step, needs):
                self._store.write(given_up, needs)
                raise Conflict("Somebody else holds the floor and kept it", "floor-held")
            return step.answer

        return by_reply.carry_out(self._desk, asked, needs, plan, send)

    def _claimed(self, asked: Asked, step: Step, needs: Needs) -> bool:
        assert isinstance(step.command, Floor)
        mine = f"floor {step.command.member}"
        for tries_left in range(MOST_TRIES, -1, -1):
            reply = self._desk.send(asked, step, needs, check=False)
            if reply.ok and reply.data == mine:
                return True
            if reply.no_such_room or reply.no_such_member or not tries_left:
                return False
            # `floor none`: it had come to this member in between, and was given back by our own claim.
            if holder := _HOLDER.search(reply.text):
                release = replace(step, command=Floor(step.command.room, int(holder[1])))
                self._desk.send(asked, release, needs, check=False)
        return False
