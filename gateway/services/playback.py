"""A room's playback queue: state changes only (contract, "Room playback"). One file of a room is in the switch.

The token that the switch gives back for a file is `{operation_id}.{index}`: an old file's end changes nothing.
"""

from gateway.domain.room import PLAYING, QUEUED, Playback, Room
from gateway.domain.values import replace
from gateway.services import announcements
from gateway.services.effects import PlayNext
from gateway.store import finders
from gateway.store.unit_of_work import UnitOfWork

# Set while `stop all` is under way: the end of a file does not bring the next. The playback's command_uid is that of
# the stop meanwhile: should its answer be lost, whoever finishes it tells whose it was.
STOPPING = "stopping"
MAX_QUEUED = 100


def token(playback: Playback) -> str:
    return f"{playback.id}.{playback.position}"


def current(uow: UnitOfWork, room: Room) -> Playback | None:
    return uow.playbacks.get(room.playback_id) if room.playback_id else None


def queue_of(uow: UnitOfWork, room: Room) -> list[Playback]:
    """The room's playbacks, the current one first."""
    return finders.playbacks_of(uow, room.id)


def interrupt(uow: UnitOfWork, room: Room, playback: Playback) -> None:
    """What plays or waits ends as stopped, and this one plays now."""
    before = current(uow, room)
    in_switch = before is not None and (before.sent_at != 0 or before.cut)
    room = cut(uow, room, "interrupted", uow.now, playback.command_uid)
    enqueue(uow, room, replace(playback, cut=in_switch))


def enqueue(uow: UnitOfWork, room: Room, playback: Playback) -> None:
    waiting = queue_of(uow, room)
    number = waiting[-1].number + 1 if waiting else 1
    first = not room.playback_id
    playback = replace(playback, number=number, status=PLAYING if first else QUEUED)
    uow.playbacks.put(playback)
    uow.emit(announcements.play_started(room, playback, uow.now))
    if first:
        uow.rooms.put(replace(room, playback_id=playback.id))
        uow.after_commit(PlayNext(room.id, playback.id))


def file_played(uow: UnitOfWork, room: Room, which: str, at: int) -> None:
    playback = current(uow, room)
    if playback is None or not playback.sent_at or token(playback) != which or playback.status == STOPPING:
        return
    _advance(uow, room, replace(playback, played=playback.played + 1), at)


def file_failed(uow: UnitOfWork, room: Room, which: str, reason: str, at: int) -> None:
    playback = current(uow, room)
    if playback is None or token(playback) != which or playback.status == STOPPING:
        return
    uow.emit(announcements.play_failed(room, playback, reason, at))
    _advance(uow, room, replace(playback, failed=playback.failed + 1), at)


def _advance(uow: UnitOfWork, room: Room, playback: Playback, at: int) -> None:
    if playback.position + 1 < len(playback.urls):
        # Paused it stays so, between its files too: what was told holds until the resume.
        uow.playbacks.put(replace(playback, position=playback.position + 1, sent_at=0))
        uow.after_commit(PlayNext(room.id, playback.id))
        return
    if not (playback.speech and playback.failed):  # of speech there is no rest: conference.speak.failed was its end
        uow.emit(announcements.play_finished(room, playback, at))
    uow.playbacks.drop(playback.id)
    rest = queue_of(uow, room)
    if rest:
        uow.playbacks.put(replace(rest[0], status=PLAYING))
        uow.after_commit(PlayNext(room.id, rest[0].id))
    uow.rooms.put(replace(room, playback_id=rest[0].id if rest else ""))


def cut(uow: UnitOfWork, room: Room, reason: str, at: int, command_uid: str = "") -> Room:
    """Everything that plays or waits ends in conference.play.stopped; returns the room without a playback."""
    if not room.playback_id:
        return room
    for playback in queue_of(uow, room):
        uow.emit(announcements.play_stopped(room, playback, reason, at, command_uid))
        uow.playbacks.drop(playback.id)
    room = replace(room, playback_id="")
    uow.rooms.put(room)
    return room
