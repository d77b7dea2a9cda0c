"""What rooms and members have beyond the basics: the same rows, and answers about them, on SQLite and PostgreSQL."""

from collections.abc import Iterator

import pytest

from gateway.domain import marks
from gateway.domain.clock import SystemClock
from gateway.domain.events import Outgoing
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.services import room_settings
from gateway.store import migrate
from gateway.store import rooms as room_rows
from gateway.store import sessions as session_rows
from gateway.store.engine import open_engine
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from tests.world import CALL, CALL2, CONFERENCE, NODE, ROOM


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    engine = open_engine(database_url)
    migrate.upgrade(engine)
    store = Store(engine, lambda _event, _sequence, _room: Outgoing("", b"", ()), SystemClock())
    yield store
    store.stop()
    engine.dispose()


def seat(session_id: str, number: int) -> Seat:
    return Seat(session_id, ROOM, "app_1", "joined", number, 1, number, CONFERENCE, joined_at=2)


def test_marks_settings_and_bans_are_kept(store: Store) -> None:
    bare = Room(ROOM, "app_1", NODE, "r", "api", 1, conference_uuid=CONFERENCE, members=2, floor_holder=CALL)
    room = room_settings.with_coach(room_settings.with_pin(bare, "4711"), CALL, [CALL2])
    session = Session(CALL, "app_1", NODE, "c", "inbound", "1", "2", "answered", 1)
    held = marks.asked(marks.mark(seat(CALL, 1), held=True, music="https://m.example/a.wav"), "unhold", "u1", 1)

    def put(uow: UnitOfWork) -> None:
        uow.rooms.put(room)
        uow.sessions.put(room_settings.banned(session, room))
        uow.seats.put(held)
        uow.seats.put(seat(CALL2, 2))

    store.write(put)
    assert store.read(lambda c: room_rows.find(c, ROOM)) == room
    assert store.read(lambda c: room_rows.states_on(c, NODE)) == [(ROOM, CONFERENCE, False, CALL)]
    assert store.read(lambda c: session_rows.marked_on(c, NODE)) == [held], "who has no marks is not looked at"
    assert store.read(lambda c: session_rows.marked_on(c, "other")) == []
    found = store.read(lambda c: session_rows.find(c, CALL))
    assert found is not None and room_settings.refusal(found, room) == "kicked"
    states = {one.session_id: one.marks for one in store.read(lambda c: list(session_rows.seats_on(c, NODE)))}
    assert states == {CALL: held.marks}

    def unmark(uow: UnitOfWork) -> None:
        now = uow.seats.get(CALL)
        assert now == held
        uow.seats.put(marks.mark(now, held=False, music="", asked=[]))

    store.write(unmark)
    assert store.read(lambda c: session_rows.marked_on(c, NODE)) == []
