"""Rooms: their conference dies in the switch, the floor passes on, a file of theirs is over."""

from gateway.domain import happenings as told
from gateway.domain import marks
from gateway.domain.values import replace
from gateway.services import announcements, led, playback, room_settings
from gateway.services.effects import LockAgain
from gateway.store.unit_of_work import UnitOfWork

FLOOR_COUNTS_MS = 2000  # after a claim: the switch needs milliseconds, its tries a few round trips


def conference_gone(uow: UnitOfWork, it: told.ConferenceGone) -> None:
    """The gateway's room outlives it; only the instance it names is forgotten."""
    room = uow.rooms.get(it.room_id)
    if room is not None and room.conference_uuid == it.conference_uuid:
        uow.rooms.put(replace(room, conference_uuid="", floor_holder=""))


def floor_changed(uow: UnitOfWork, it: told.FloorChanged) -> None:
    room = uow.rooms.get(it.room_id)
    if room is None or room.destroyed_at is not None or room.conference_uuid != it.conference_uuid:
        return
    if room.floor_holder != it.session_id:
        uow.rooms.put(replace(room, floor_holder=it.session_id))
        if it.session_id:
            uow.emit(announcements.floor_changed(room, it.session_id, it.at, _floor_uid(uow, it.session_id, it.at)))
            led.took_floor(uow, room, it.session_id)


def lock_changed(uow: UnitOfWork, it: told.RoomLockChanged) -> None:
    room = uow.rooms.get(it.room_id)
    if room is None or room.destroyed_at is not None or room.conference_uuid != it.conference_uuid:
        return
    if it.found and room.locked and not it.locked and not room_settings.is_lock_asked(room, False, uow.when(it.at)):
        uow.after_commit(LockAgain(room.id))  # what an app locked stays so: the switch forgot, or was never told
        return
    answered, uid = room_settings.lock_told(room, it.locked, uow.when(it.at))
    if room.locked != it.locked:
        answered = replace(answered, locked=it.locked)
        uow.emit(announcements.room_lock_changed(answered, it.at, uid))
    if answered != room:
        uow.rooms.put(answered)


def _floor_uid(uow: UnitOfWork, session_id: str, told_at: int) -> str:
    """Of the claim under way, if there is one: in its tries the floor may come, be given back, and come again."""
    seat = uow.seats.get(session_id)
    uid, at = seat.marks.get(marks.FLOOR_ASKED, ("", 0)) if seat is not None else ("", 0)
    if seat is None or not uid:
        return ""
    if uow.when(told_at) - at <= FLOOR_COUNTS_MS:
        return str(uid)
    uow.seats.put(marks.mark(seat, floor_asked=None))
    return ""


def file_played(uow: UnitOfWork, it: told.FilePlayed) -> None:
    if room := uow.rooms.get(it.room_id):
        playback.file_played(uow, room, it.token, it.at)


def file_failed(uow: UnitOfWork, it: told.FileFailed) -> None:
    if room := uow.rooms.get(it.room_id):
        playback.file_failed(uow, room, it.token, it.reason, it.at)
