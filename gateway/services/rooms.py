"""What an app asks of a room: create, list, get, members, delete."""

from collections.abc import Sequence

from gateway.domain.apps import App
from gateway.domain.ids import new_room_id
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.errors import Conflict, NotFound, SwitchError, SwitchUnavailable
from gateway.schemas.shapes import member_shape, room_in_list, room_shape
from gateway.services import announcements, led, playback
from gateway.services.commands import Answer, Asked, CommandDesk, with_uid
from gateway.services.effects import EmptyRoom
from gateway.services.ownership import checked_room, own_room
from gateway.services.paging import Page
from gateway.services.reactions.members import fail_join
from gateway.store import finders
from gateway.store import recordings as recording_rows
from gateway.store import rooms as room_rows
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import KickAll, StopAllRecordings
from gateway.switch.pool import SwitchPool

Json = dict[str, object]
MAX_SEAT_NO = 2**31 - 1  # an INTEGER: PostgreSQL refuses to compare it with more


def destroy(uow: UnitOfWork, room: Room, command_uid: str = "") -> None:
    """Nobody comes in any more; whoever is in is put out by others."""
    room = replace(led.announced(uow, room, uow.now), destroyed_at=uow.now)
    uow.rooms.put(room)
    uow.emit(announcements.room_destroyed(room, uow.now, command_uid))
    for seat in finders.joining_seats(uow, room.id):
        if session := uow.sessions.get(seat.session_id):
            fail_join(uow, seat, session, room, "kicked", uow.now)
    playback.cut(uow, room, "room_empty", uow.now)


class Rooms:
    """Reads answer at once; create and delete are commands, with all that a CommandDesk sees to."""

    def __init__(self, store: Store, pool: SwitchPool, desk: CommandDesk) -> None:
        self._store = store
        self._pool = pool
        self._desk = desk

    def create(self, asked: Asked, name: str) -> Answer:
        """201 with a new room; raises Conflict with the living room's id when the name is taken."""

        def plan(uow: UnitOfWork) -> Answer:
            gate = self._desk.gate(uow, asked)
            if gate.answer:
                return gate.answer
            taken = finders.living_room(uow, asked.app.id, name)
            if taken:
                message = "Conference name already taken for this application"
                raise Conflict(message, "conference-name-taken", {"room_id": taken.id})
            node_id = self._pool.pick(lambda: room_rows.count_by_node(uow.connection)).id
            gate.close(uow)
            room = Room(new_room_id(node_id), asked.app.id, node_id, name, "api", uow.now)
            uow.rooms.put(room)
            uow.emit(announcements.room_created(room, uow.now, asked.command_uid if asked.given else ""))
            return Answer(201, {"room_id": room.id})

        return self._desk.run(asked, self._desk.needs(asked), plan)

    def page(self, app: App, page: Page) -> Json:
        shown, cursor = self._listed(app, page, occupied=False)
        return {"conferences": [room_in_list(room) for room in shown], "cursor": cursor}

    def get(self, app: App, room_id: str) -> Json:
        room, playing = self._store.read(lambda connection: room_rows.with_playback(connection, room_id))
        return room_shape(checked_room(room, app), playing)

    def id_of(self, app: App, name: str) -> str:
        """The living room of this name within the app; raises NotFound."""
        if not (found := self.find_id(app, name)):
            raise NotFound("Conference room not found", "room-not-found")
        return found

    def find_id(self, app: App, name: str) -> str:
        """The same, '' where there is none."""
        room = self._store.read(lambda connection: room_rows.find_living(connection, app.id, name))
        return room.id if room else ""

    def members(self, app: App, room_id: str, page: Page) -> Json:
        """404 for another app's room, too, as the contract says of this list alone."""
        room = self._store.read(lambda connection: room_rows.find(connection, room_id))
        if room is None or room.app_id != app.id or room.destroyed_at is not None:
            raise NotFound("Conference room not found", "room-not-found")
        after = min(max(page.after(int) or 0, 0), MAX_SEAT_NO)
        rows = self._store.read(lambda c: session_rows.members_page(c, room_id, after, page.limit + 1))
        shown, cursor = page.cut(rows, lambda row: (row[0],))
        members = [member_shape(session, did, caller_id, muted) for _, session, did, caller_id, muted in shown]
        return {"room_id": room_id, "members": members, "cursor": cursor}

    def occupied(self, app: App, page: Page) -> tuple[Sequence[Room], str]:
        """The rooms that somebody is in, oldest first, and the cursor to those that follow, '' at the end."""
        return self._listed(app, page, occupied=True)

    def _listed(self, app: App, page: Page, occupied: bool) -> tuple[Sequence[Room], str]:
        after = page.after(int, str)
        rows = self._store.read(lambda c: room_rows.page(c, app.id, after, page.limit + 1, occupied))
        return page.cut(rows, lambda room: (room.created_at, room.id))

    def seated(self, app: App, room_id: str) -> tuple[Room, list[tuple[Seat, Session]]]:
        """A room and all who are in it, in the order in which they came."""
        room = self._store.read(lambda connection: room_rows.find(connection, room_id))
        return checked_room(room, app), self._store.read(lambda c: session_rows.seated_in(c, room_id))

    def session_of(self, room_id: str, member_id: int) -> str:
        """The session that sits in this room with the switch's Member-ID."""
        found = self._store.read(lambda connection: session_rows.of_member(connection, room_id, member_id))
        if found is None:
            raise NotFound("Conference member not found", "member-not-found")
        return found

    def delete(self, asked: Asked, room_id: str) -> Answer:
        """Marked destroyed first, so that a join gets 404; then all are kicked, late comers too."""

        def plan(uow: UnitOfWork) -> Answer:
            room = own_room(uow, asked.app, room_id)
            gate = self._desk.gate(uow, asked)
            if gate.answer:
                return gate.answer
            self._require(room.node_id)
            gate.close(uow)
            destroy(uow, room, asked.command_uid if asked.given else "")
            uow.after_commit(EmptyRoom(room_id))
            return Answer(200, with_uid(asked, {"room_id": room_id}))

        return self._desk.run(asked, self._desk.needs(asked, rooms=(room_id,)), plan)

    def _require(self, node_id: str) -> None:
        node = self._pool.node(node_id)
        if not node.connected:
            raise SwitchUnavailable(f"The switch {node_id} is not connected: {node.state}")

    def empty(self, effect: EmptyRoom) -> None:
        """Kick all of a destroyed room. What this misses, reconcile and late add-members make good."""
        room = self._store.read(lambda connection: room_rows.find(connection, effect.room_id))
        if room is None:
            return
        if self._store.read(lambda connection: recording_rows.is_recorded(connection, room.id)):
            self._pool.send(room.node_id, StopAllRecordings(room.id), check=False)
        reply = self._pool.send(room.node_id, KickAll(room.id), check=False)
        if not (reply.ok or reply.no_such_room or reply.said_nothing):
            raise SwitchError(f"kick all was refused: {reply.text[:100]!r}")
