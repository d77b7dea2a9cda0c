"""What is said to be needed is loaded beforehand, and no more than that."""

import pytest

from gateway.domain.member import JOINED, Seat
from gateway.domain.room import Room
from gateway.store.unit_of_work import Needs, UnitOfWork
from tests.world import APP, CALL, CALL2, NODE, ROOM, World

OTHER_ROOM = ROOM[:-1] + "9"


@pytest.fixture
def world(world: World) -> World:
    def fill(uow: UnitOfWork) -> None:
        for room, call in ((ROOM, CALL), (OTHER_ROOM, CALL2)):
            uow.rooms.put(Room(room, APP.id, NODE, room[-4:], "api", 500, members=1))
            uow.seats.put(Seat(call, room, APP.id, JOINED, 1, 600))

    world.change(fill)
    return world


def _loaded(world: World, needs: Needs) -> tuple[set[str], set[str]]:
    """The rooms, and the sessions whose seats, are there before a piece of work asks."""

    def look(uow: UnitOfWork) -> tuple[set[str], set[str]]:
        return {room.id for room in uow.rooms.known()}, {seat.session_id for seat in uow.seats.known()}

    return world.store.write(look, needs)


def test_a_call_brings_its_seat_and_the_room_of_it(world: World) -> None:
    assert _loaded(world, Needs(sessions=(CALL,))) == ({ROOM}, {CALL})


def test_roomless_work_leaves_the_room_to_others(world: World) -> None:
    """A mute changes a seat: it has no need of the row that every event of the room changes."""
    assert _loaded(world, Needs(sessions=(CALL,), roomless=True)) == (set(), {CALL})


def test_in_one_group_each_gets_its_own(world: World) -> None:
    def look(uow: UnitOfWork) -> set[str]:
        uow.load([Needs(sessions=(CALL,), roomless=True), Needs(sessions=(CALL2,))])
        return {room.id for room in uow.rooms.known()}

    assert world.store.write(look) == {OTHER_ROOM}
