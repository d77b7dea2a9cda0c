"""Rooms that documents name: found or made, seats counted, joined. What then happens in them is led.py's."""

import logging

from gateway.domain import marks
from gateway.domain.flow import Joining
from gateway.domain.ids import new_room_id
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.errors import SwitchError, SwitchRefused
from gateway.services import announcements, led, room_roles, room_settings
from gateway.services.reactions.members import fail_join, new_seat
from gateway.services.sessions import stop_waiting
from gateway.store import finders
from gateway.store import rooms as room_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Join
from gateway.switch.pool import SwitchPool

log = logging.getLogger(__name__)


def claimed_room(uow: UnitOfWork, session: Session, joining: Joining) -> tuple[Room, str]:
    """The living room of this name with a joining seat for the call; or the room, and why it has none for it."""
    room = finders.living_room(uow, session.app_id, joining.room_name)
    if room is None:
        room_id = new_room_id(session.node_id)
        room = Room(room_id, session.app_id, session.node_id, joining.room_name, led.DOCUMENT, uow.now)
    elif room.node_id != session.node_id:
        return room, "different-node"
    elif why := room_settings.refusal(session, room):
        uow.emit(announcements.member_join_failed(room, session, new_seat(room, session, uow.now), why, uow.now))
        return room, why
    elif room.members + len(finders.joining_seats(uow, room.id)) >= joining.max_members:
        uow.emit(announcements.member_join_failed(room, session, new_seat(room, session, uow.now), "full", uow.now))
        return room, "full"
    room = room_roles.claimed(uow, room, joining)
    uow.rooms.put(room)
    now = uow.sessions.get(session.id)
    if now is not None:
        stop_waiting(uow, now)
    seat = replace(new_seat(room, session, uow.now), muted="mute" in joining.flags)
    uow.seats.put(marks.mark(seat, hushed=room_settings.is_coached(room)))
    return room, ""


class DocumentRooms:
    def __init__(self, store: Store, pool: SwitchPool) -> None:
        self._store = store
        self._pool = pool

    def named(self, session: Session, name: str) -> Room | None:
        return self._store.read(lambda connection: room_rows.find_living(connection, session.app_id, name))

    def join(self, session: Session, room: Room, joining: Joining) -> None:
        """Sent once: what the switch did not take fails the join at once, what it may have taken by its time limit."""
        variables = {**joining.variables, **room_roles.waiting_variables(room, joining)}
        flags = (*joining.flags, *(("deaf",) if room_settings.is_coached(room) else ()))
        command = Join(session.channel_uuid, room.id, flags, joining.controls, variables)
        try:
            self._pool.send(session.node_id, command)
        except SwitchRefused as error:
            log.info("%s: join refused: %r", session.id, error.reply)
            self._refused(session, room)
        except SwitchError as error:
            log.warning("%s: the join may not have been sent: %s", session.id, error.message)

    def _refused(self, session: Session, room: Room) -> None:
        def work(uow: UnitOfWork) -> None:
            seat, now = uow.seats.get(session.id), uow.sessions.get(session.id)
            if seat is not None and now is not None and seat.room_id == room.id:
                fail_join(uow, seat, now, room, "refused", uow.now)

        self._store.write(work, Needs(rooms=(room.id,), sessions=(session.id,), flows=(session.id,)))
