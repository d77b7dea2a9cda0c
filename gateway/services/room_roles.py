"""What documents make of a room while it runs: who starts it, what it hears till then, why and when it ends.

State changes only. It is kept in Room.running, of which `conference` names the instance that the rest is about.
"""

from typing import Any

from gateway.domain.flow import Flow, Joining
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.values import replace
from gateway.services.effects import DropRoomClock, EndConference, SetMusic, SetRoomClock
from gateway.store import finders
from gateway.store.unit_of_work import UnitOfWork

DEFAULT_TIME_LIMIT_S = 86_400
CLOCK_SLACK_MS = 2000  # the switch's clocks know whole seconds
SELF, END_ON_EXIT, STAY_ALONE, TIME_LIMIT, KICK = "self", "end_on_exit", "stay_alone", "time_limit", "kick"
_OF_AN_INSTANCE = ("conference", "started_at", "ends_at", "needs_two", "ending", "begun")


def claimed(uow: UnitOfWork, room: Room, joining: Joining) -> Room:
    """A document asks for a seat: what it names for the whole room holds, unless one before it has named it."""
    occupied = bool(room.members or finders.joining_seats(uow, room.id))
    running = dict(room.running) if occupied else {}
    for name, value in joining.room_wide.items():
        if name not in running:
            running[name] = value
            if name == "wait_sound" and occupied:
                running["new_music"] = True
    if "moderator" not in joining.flags and not occupied:
        running["waits"] = True
    return replace(room, running=running)


def native_flags(uow: UnitOfWork, room: Room) -> tuple[str, ...]:
    """Who joins by command starts a room that waits, and hears its music no more than others do."""
    if room.running.get("waits") and (room.members or finders.joining_seats(uow, room.id)):
        return "mute", "moderator", "nomoh"
    return ("mute",)


def waiting_variables(room: Room, joining: Joining) -> dict[str, str]:
    """Of the join of one who does not start the room: only the join that makes the conference is heard."""
    if "moderator" in joining.flags:
        return {}
    music = {"conference_moh_sound": room.running["wait_sound"]} if room.running.get("wait_sound") else {}
    return {"conference_flags": "wait-mod", "conference_permanent_wait_mod_moh": "true", **music}


def entered(uow: UnitOfWork, flow: Flow | None, room: Room, seat: Seat, at: int) -> None:
    """A member is in. `flow` is that of its document, None without one."""
    if flow is None and not room.running.keys() - {"recording"}:
        return
    running = dict(room.running)
    if running.get("conference") != seat.conference_uuid:
        _drop_clock(uow, room)
        running = {name: value for name, value in running.items() if name not in _OF_AN_INSTANCE}
        running |= {"conference": seat.conference_uuid, "started_at": at}
    if flow is not None:
        running["needs_two"] = running.get("needs_two") or flow.notes.get("needs_two", False)
        _set_clock(uow, room, running)
    if running.pop("new_music", False):
        uow.after_commit(SetMusic(room.id))
    uow.rooms.put(replace(room, running=running))


def _set_clock(uow: UnitOfWork, room: Room, running: dict[str, Any]) -> None:
    """One clock a room: it runs from the conference's start, and a joiner changes it only by naming the first limit."""
    ends_at = running["started_at"] + 1000 * running.get("time_limit_s", DEFAULT_TIME_LIMIT_S)
    if running.get("ends_at") != ends_at:
        running["ends_at"] = ends_at
        uow.after_commit(SetRoomClock(room.id))


def _drop_clock(uow: UnitOfWork, room: Room) -> None:
    """It addresses the room by name: a reborn conference must not be ended by the clock of the one before."""
    if room.running.get("ends_at"):
        uow.after_commit(DropRoomClock(room.id, room.running["conference"]))


def left(uow: UnitOfWork, flow: Flow | None, room: Room, seat: Seat) -> None:
    """A member is out; `room` counts it no more. Its leaving may end the room."""
    running = room.running
    if not running or running.get("conference") != seat.conference_uuid:
        return
    if not room.members and not finders.joining_seats(uow, room.id):
        _drop_clock(uow, room)
        uow.rooms.put(replace(room, running={}))
    elif room.members and not running.get("ending"):
        if flow is not None and flow.notes.get("end_on_exit"):
            _end(uow, room, END_ON_EXIT)
        elif running.get("needs_two") and room.members == 1:
            _end(uow, room, STAY_ALONE)


def _end(uow: UnitOfWork, room: Room, cause: str) -> None:
    uow.rooms.put(replace(room, running={**room.running, "ending": cause}))
    if cause == END_ON_EXIT and _others_would_end_it(uow, room):
        uow.after_commit(EndConference(room.id, room.conference_uuid))


def _others_would_end_it(uow: UnitOfWork, room: Room) -> bool:
    """The switch waits for the last member with endconf; a document means each of them."""
    seats = finders.joined_seats(uow, room.id)
    flows = (uow.flows.get(seat.session_id) for seat in seats)
    return any(flow is not None and flow.room_id == room.id and flow.notes.get("end_on_exit") for flow in flows)


def is_ending(room: Room, conference_uuid: str) -> bool:
    return room.running.get("conference") == conference_uuid and bool(room.running.get("ending"))


def leaving_cause(room: Room | None, seat: Seat) -> str:
    """Why a member left whom nobody asked to, and who did not hang up."""
    if room is not None and is_ending(room, seat.conference_uuid):
        return str(room.running["ending"])
    return SELF


def kick_cause(room: Room | None, conference_uuid: str, at: int) -> str:
    """Of a kick that no command here asked for: the room's clock, its end, or somebody at the switch."""
    if room is None or room.running.get("conference") != conference_uuid:
        return KICK
    if room.running.get("ending"):
        return str(room.running["ending"])
    ends_at = room.running.get("ends_at")
    return TIME_LIMIT if ends_at is not None and at >= ends_at - CLOCK_SLACK_MS else KICK
