"""Members are made deaf, held, louder; a file that one alone heard is over. What is so already makes no webhook."""

from gateway.domain import happenings as told
from gateway.domain import marks
from gateway.domain.member import JOINED, Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.services import announcements
from gateway.services.effects import EndHold, HoldMusic, KickNow
from gateway.store.unit_of_work import UnitOfWork

_OfMember = told.MemberDeafChanged | told.MemberHoldChanged | told.MemberVolumeChanged | told.MemberFilePlayed


def _placed(uow: UnitOfWork, it: _OfMember) -> tuple[Seat, Session, Room] | None:
    """The member that it is about, in the very instance of the conference that it names."""
    seat, session, room = uow.seats.get(it.session_id), uow.sessions.get(it.session_id), uow.rooms.get(it.room_id)
    if seat is None or session is None or room is None or room.destroyed_at is not None:
        return None
    if seat.state != JOINED or (seat.room_id, seat.conference_uuid) != (it.room_id, it.conference_uuid):
        return None
    return seat, session, room


def deaf_changed(uow: UnitOfWork, it: told.MemberDeafChanged) -> None:
    if (placed := _placed(uow, it)) is None:
        return
    before, session, room = placed
    seat, uid = marks.answered(before, "deaf" if it.deaf else "undeaf", uow.when(it.at))
    if marks.has(seat, marks.DEAF) != it.deaf and not marks.is_silenced(seat):
        seat = marks.mark(seat, deaf=it.deaf)
        uow.emit(announcements.member_deafened(room, session, it.deaf, uid, it.at))
    if seat != before:
        uow.seats.put(seat)


def hold_changed(uow: UnitOfWork, it: told.MemberHoldChanged) -> None:
    if (placed := _placed(uow, it)) is None:
        return
    before, session, room = placed
    seat, uid = marks.answered(before, "hold" if it.held else "unhold", uow.when(it.at))
    if marks.has(seat, marks.HELD) != it.held:
        seat = marks.mark(seat, held=it.held, music=seat.marks.get(marks.MUSIC, "") if it.held else "")
        uow.emit(announcements.member_held(room, session, it.held, uid, it.at))
        uow.after_commit(HoldMusic(session.id) if it.held else EndHold(session.id))
    if seat != before:
        uow.seats.put(seat)


def volume_changed(uow: UnitOfWork, it: told.MemberVolumeChanged) -> None:
    if (placed := _placed(uow, it)) is None:
        return
    before, session, room = placed
    name = f"volume_{it.direction}"
    seat, uid = marks.answered(before, name, uow.when(it.at))
    if marks.level(seat, it.direction) != it.level:
        seat = marks.mark(seat, **{name: it.level})
        uow.emit(announcements.member_volume_changed(room, session, it.direction, it.level, uid, it.at))
    if seat != before:
        uow.seats.put(seat)


def file_played(uow: UnitOfWork, it: told.MemberFilePlayed) -> None:
    if (placed := _placed(uow, it)) is None:
        return
    seat = placed[0]
    if marks.has(seat, marks.KICK_SOUND):
        if it.file == seat.marks.get(marks.KICK_FILE):
            uow.after_commit(KickNow(seat.session_id))
    elif (
        marks.has(seat, marks.HELD)
        and marks.has(seat, marks.MUSIC)
        and not marks.is_asked(seat, "unhold", uow.when(it.at))
    ):
        uow.after_commit(HoldMusic(seat.session_id))
