"""A room's lock and floor in the switch's list against the store: the difference as happenings. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gateway.domain import happenings as told
from gateway.domain.ids import CHANNEL_UUID, ROOM_ID, session_id
from gateway.store.rooms import RoomState


class Found(NamedTuple):
    """One conference as the switch lists it; `floor_holder` is '' where nobody of ours has the floor."""

    conference_uuid: str
    locked: bool
    floor_holder: str


def noting(conferences: Iterable[Any], node_id: str, found: dict[str, Found]) -> Iterator[Any]:
    """The conferences as they come; what is said of our rooms is put into `found`."""
    for conference in conferences:
        room_id = conference.get("conference_name", "")
        if ROOM_ID.fullmatch(room_id):
            holders = (one.get("uuid") for one in conference.get("members", []) if _has_floor(one))
            holder = next((uuid for uuid in holders if CHANNEL_UUID.fullmatch(uuid or "")), "")
            floor = session_id(node_id, holder) if holder else ""
            found[room_id] = Found(conference.get("conference_uuid", ""), bool(conference.get("locked")), floor)
        yield conference


def _has_floor(member: Any) -> bool:
    return bool(member.get("flags", {}).get("has_floor"))


def differences(
    known: Iterable[RoomState], found: dict[str, Found], touched: frozenset[str], at: int
) -> list[told.Happening]:
    """Of the instances that both know; what had an event meanwhile waits for the next pass."""
    out: list[told.Happening] = []
    for room in known:
        there = found.get(room.id)
        if there is None or there.conference_uuid != room.conference_uuid or room.id in touched:
            continue
        if there.locked != room.locked:
            out.append(told.RoomLockChanged(room.id, room.conference_uuid, there.locked, at, found=True))
        if there.floor_holder != room.floor_holder:
            out.append(told.FloorChanged(room.id, room.conference_uuid, there.floor_holder, at))
    return out
