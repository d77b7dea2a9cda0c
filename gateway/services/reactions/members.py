"""Members come, go, are muted and press keys. A seat is (session, room, instance of the conference)."""

from typing import NamedTuple

from gateway.domain import happenings as told
from gateway.domain import marks
from gateway.domain.member import ASKED_COUNTS_MS, JOINED, JOINING, Seat, mute_told
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.services import announcements, billing, digits, led, leg_playback, playback, room_roles, room_settings
from gateway.services.effects import SendAway
from gateway.services.reactions import dials
from gateway.services.room_settings import MOVE
from gateway.store.unit_of_work import UnitOfWork

SELF_MUTE_KEYS = "*6"
LEAVE = "leave"  # the exit_cause that the command leave asks for
# Between the key 6 of a *6 and the mute that it causes: the switch needs milliseconds, its events keep order.
KEYS_COUNT_MS = 2000
EXIT_COUNTS_MS = ASKED_COUNTS_MS
CALLERS_REMEMBERED = 10_000


class _Remembered(NamedTuple):
    """What was seen of a caller, and when; `used_by` is what it explained: its time and what it was."""

    what: str
    at: int
    used_by: tuple[int, bool] | None = None


_NOTHING = _Remembered("", 0)


class MemberReactions:
    """Remembers each caller's last two keys: a mute that follows `*6` at once was the member's own.

    And who left which room while its application there goes on: it may play a last sound, and tells its end after it.
    """

    def __init__(self) -> None:
        self._keys: dict[str, _Remembered] = {}
        self._ending: dict[str, _Remembered] = {}

    def key_pressed(self, uow: UnitOfWork, it: told.KeyPressed) -> None:
        seat = uow.seats.get(it.session_id)
        if seat is not None:
            digits.pressed(uow, seat, it)
            before = self._keys.get(it.session_id, _NOTHING)
            if (before.at, before.what[-1:]) != (it.at, it.key):  # a piece of work may run twice
                fresh = before.what if before.used_by is None else ""
                _remember(self._keys, it.session_id, (fresh + it.key)[-2:], it.at)

    def joined(self, uow: UnitOfWork, it: told.MemberJoined) -> None:
        room, session = uow.rooms.get(it.room_id), uow.sessions.get(it.session_id)
        if room is None or session is None or session.ended_at is not None:
            return
        if room.destroyed_at is not None:
            uow.after_commit(SendAway(session.id))
            return
        seat = uow.seats.get(session.id)
        if seat is not None and seat.state == JOINED:
            if (seat.room_id, seat.conference_uuid) == (it.room_id, it.conference_uuid):
                return
            leave_seat(uow, seat, session, "orphan", "lost", it.at)  # its departure was not seen
            seat = None
            room = uow.rooms.get(it.room_id) or room
        asked = seat if seat is not None and seat.room_id == room.id else None
        self._ending.pop(session.id, None)
        room = _with_one_more(uow, room, it)
        seat = _seated(asked or new_seat(room, session, it.at), room, it)
        uow.seats.put(seat)
        uow.emit(announcements.member_joined(room, session, seat, it.at))
        room_settings.entered(uow, room, seat)
        leg_playback.place_changed(uow, session.id, it.at)
        led.entered(uow, room, session, seat, it.at)
        if session.direction == dials.OUTBOUND:
            dials.joined(uow, session, it.at)

    def left(self, uow: UnitOfWork, it: told.MemberLeft) -> None:
        seat, session = uow.seats.get(it.session_id), uow.sessions.get(it.session_id)
        if seat is None or session is None or seat.state != JOINED:
            return
        if (seat.room_id, seat.conference_uuid) != (it.room_id, it.conference_uuid):
            return
        if not it.missed:
            _remember(self._ending, session.id, it.room_id, it.at)
        self._leave(uow, seat, session, it)

    def _leave(self, uow: UnitOfWork, seat: Seat, session: Session, it: told.MemberLeft) -> None:
        target = "" if it.hangup_cause else _moves_to(seat, uow.when(it.at))
        if (seat.exit_cause == MOVE and not target) or (not it.missed and _was_never_done(seat, uow.when(it.at))):
            seat = marks.staying(seat)
        if it.missed:
            leave_seat(uow, seat, session, "orphan", seat.exit_cause or "lost", it.at)
        elif it.hangup_cause:
            leave_seat(uow, seat, session, "hangup", it.hangup_cause, it.at)
        else:
            room = uow.rooms.get(seat.room_id)
            destroyed = room is not None and room.destroyed_at is not None
            cause = seat.exit_cause or ("destroy" if destroyed else room_roles.leaving_cause(room, seat))
            leave_seat(uow, seat, session, "removed", "destroy" if destroyed else cause, it.at)
        self._keys.pop(session.id, None)
        if target:
            uow.seats.put(_on_its_way(uow, seat, session, target, it.at))

    def kicked(self, uow: UnitOfWork, it: told.MemberKicked) -> None:
        """A kick that nobody asked for here (somebody at the switch) is a kick, too.

        A leave or move goes out by transfer, never by kick: one that was asked for and not done (the gateway died
        before it was sent) is not the cause of this.
        """
        seat = uow.seats.get(it.session_id)
        if seat is None or seat.conference_uuid != it.conference_uuid:
            return
        if seat.exit_cause in ("", LEAVE, MOVE) or _was_never_done(seat, uow.when(it.at)):
            cause = room_roles.kick_cause(uow.rooms.get(it.room_id), it.conference_uuid, it.at)
            uow.seats.put(replace(marks.staying(seat), exit_cause=cause))

    def mute_changed(self, uow: UnitOfWork, it: told.MemberMuteChanged) -> None:
        seat, session, room = uow.seats.get(it.session_id), uow.sessions.get(it.session_id), uow.rooms.get(it.room_id)
        if seat is None or session is None or room is None or room.destroyed_at is not None:
            return
        if seat.state != JOINED or seat.conference_uuid != it.conference_uuid or marks.has(seat, marks.KICK_SOUND):
            return
        told_seat, uid = mute_told(seat, "mute" if it.muted else "unmute", uow.when(it.at))
        if seat.muted == it.muted:
            if uid is not None:
                uow.seats.put(told_seat)
            return
        by = "app" if uid is not None else "member" if self._just_pressed(it) else "switch"
        uow.seats.put(replace(told_seat, muted=it.muted))
        uow.emit(announcements.member_muted(room, session, it.muted, by, uid or "", it.at))

    def _just_pressed(self, it: told.MemberMuteChanged) -> bool:
        keys = _used(self._keys, it.session_id, (it.at, it.muted))
        return keys.what == SELF_MUTE_KEYS and 0 <= it.at - keys.at <= KEYS_COUNT_MS

    def talking(self, uow: UnitOfWork, it: told.MemberTalking) -> None:
        seat, session, room = uow.seats.get(it.session_id), uow.sessions.get(it.session_id), uow.rooms.get(it.room_id)
        if seat is not None and session is not None and room is not None and seat.conference_uuid == it.conference_uuid:
            uow.emit(announcements.member_talking(room, session, it.talking, it.at))

    def join_ended(self, uow: UnitOfWork, it: told.JoinEnded) -> None:
        """No add-member came before: the switch refused it (freeswitch-facts.md), or the caller hung up."""
        left = _used(self._ending, it.session_id, (it.at, it.hung_up))
        if left.what == it.room_id and it.at - left.at <= EXIT_COUNTS_MS:
            return  # the end of the stay before, of which MemberLeft told: who is joining again is still on the way
        seat, session, room = uow.seats.get(it.session_id), uow.sessions.get(it.session_id), uow.rooms.get(it.room_id)
        if seat is None or session is None or room is None or seat.state != JOINING or seat.room_id != it.room_id:
            return
        refusal = "locked" if room.locked else "full" if room.members else "refused"
        fail_join(uow, seat, session, room, "hangup" if it.hung_up else refusal, it.at)


def _remember(of_callers: dict[str, _Remembered], session_id: str, what: str, at: int) -> None:
    of_callers.pop(session_id, None)
    of_callers[session_id] = _Remembered(what, at)
    if len(of_callers) > CALLERS_REMEMBERED:  # those whose departure was not seen are the oldest
        del of_callers[next(iter(of_callers))]


def _used(of_callers: dict[str, _Remembered], session_id: str, by: tuple[int, bool]) -> _Remembered:
    """Once; again by the same, for a piece of work may run twice. A busy switch gives two events one time."""
    found = of_callers.get(session_id, _NOTHING)
    if found.used_by not in (None, by):
        return _NOTHING
    if found is not _NOTHING:
        of_callers[session_id] = found._replace(used_by=by)
    return found


def _moves_to(seat: Seat, now: int) -> str:
    """The room that a move takes it to, '' where none is under way."""
    under_way = seat.exit_cause == MOVE and not _was_never_done(seat, now)
    return str(seat.marks.get(marks.MOVE_TO, "")) if under_way else ""


def _was_never_done(seat: Seat, now: int) -> bool:
    """A leave, kick or move that was asked for too long ago to be why it goes now. Its last sound may take its time."""
    asked_at = seat.marks.get(marks.EXIT_AT)
    return asked_at is not None and now - asked_at > EXIT_COUNTS_MS and not marks.has(seat, marks.KICK_SOUND)


def _on_its_way(uow: UnitOfWork, seat: Seat, session: Session, room_id: str, at: int) -> Seat:
    """A member that moves has left, and joins there (its add-member follows)."""
    room = uow.rooms.get(room_id)
    hushed = room is not None and room_settings.is_coached(room)
    there = Seat(session.id, room_id, session.app_id, JOINING, 0, at, muted=seat.muted, join_uid=seat.exit_uid)
    return marks.mark(there, hushed=hushed, deaf=marks.has(seat, marks.DEAF))


def new_seat(room: Room, session: Session, at: int, join_uid: str = "") -> Seat:
    return Seat(session.id, room.id, session.app_id, JOINING, 0, at, join_uid=join_uid)


def fail_join(uow: UnitOfWork, seat: Seat, session: Session, room: Room, reason: str, at: int) -> None:
    uow.seats.drop(seat.session_id)
    uow.emit(announcements.member_join_failed(room, session, seat, reason, at))
    led.not_entered(uow, room, session, seat, reason, at)
    if session.direction == dials.OUTBOUND:
        dials.not_joined(uow, session, reason, at)


def _with_one_more(uow: UnitOfWork, room: Room, it: told.MemberJoined) -> Room:
    if not room_settings.is_announced(room):
        uow.emit(announcements.room_created(room, it.at))
    if room.members == 0:
        uow.emit(announcements.room_started(room, it.at))
    counter = room.seat_counter + 1
    room = replace(room, members=room.members + 1, seat_counter=counter, conference_uuid=it.conference_uuid)
    uow.rooms.put(room)
    return room


def _seated(seat: Seat, room: Room, it: told.MemberJoined) -> Seat:
    return replace(
        seat,
        state=JOINED,
        seat_no=room.seat_counter,
        member_id=it.member_id,
        conference_uuid=it.conference_uuid,
        muted=it.muted,
        joined_at=it.at,
        marks=seat.marks if not it.deaf or marks.has(seat, marks.HUSHED) else {**seat.marks, marks.DEAF: True},
    )


def leave_seat(uow: UnitOfWork, seat: Seat, session: Session, reason: str, cause: str, at: int) -> None:
    """A joined seat becomes free; the last one ends what plays, and the conference."""
    uow.seats.drop(seat.session_id)
    room = uow.rooms.get(seat.room_id)
    if room is None:
        return
    room = replace(room, members=max(0, room.members - 1))
    if room.settings:
        room = room_settings.left(room, seat, reason)
    uow.rooms.put(room)
    uow.emit(announcements.member_left(room, session, seat, reason, cause, at))
    billing.stay_ended(uow, room, session, seat, reason, cause, at)
    if room.members == 0:
        room = playback.cut(uow, room, "room_empty", at)
        if room.destroyed_at is None:
            uow.emit(announcements.room_ended(room, at))
    if reason != "hangup":
        leg_playback.place_changed(uow, session.id, at)
    led.left(uow, room, session, seat, reason, cause, at)
