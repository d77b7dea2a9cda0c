"""The switch's lists against the store: the difference as happenings. Pure.

Conference lists are exact; `show channels` lags, so what it lacks is only suspected, and uuid_exists decides.
What had any event since the snapshot was asked waits for the next pass (house rule 4a).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain import happenings as told
from gateway.domain import marks
from gateway.domain.ids import CHANNEL_UUID, ROOM_ID, session_id
from gateway.domain.member import JOINED, Seat
from gateway.domain.session import ANSWERED, DIALLING, Session
from gateway.intake.translate import clean
from gateway.store.sessions import SeatState, SessionState

# A call that we make is committed before it is sent, and its channel is there some ms after that.
DIAL_GRACE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One member as the switch lists it."""

    room_id: str
    conference_uuid: str
    session_id: str
    member_id: int
    muted: bool
    deaf: bool = False
    held: bool = False


@dataclass(frozen=True)
class Known:
    """What the store holds of one node: calls that have not ended, and seats."""

    sessions: Mapping[str, SessionState | Session] = field(default_factory=dict)
    seats: Mapping[str, SeatState | Seat] = field(default_factory=dict)


def listed_members(conferences: Iterable[Any], node_id: str) -> list[Listed]:
    """`conference json_list` -> members. A recording is listed as a member without id and uuid: left out."""
    found = []
    for conference in conferences:
        room_id = conference.get("conference_name", "")
        if not ROOM_ID.fullmatch(room_id):
            continue
        for member in conference.get("members", []):
            if CHANNEL_UUID.fullmatch(member.get("uuid") or "") and "id" in member:
                who = session_id(node_id, member["uuid"])
                flags = member.get("flags", {})
                muted, deaf = (not flags.get(name, True) for name in ("can_speak", "can_hear"))
                place = room_id, conference["conference_uuid"], who, int(member["id"])
                found.append(Listed(*place, muted, deaf, flags.get("hold", False)))
    return found


def member_differences(
    listed: Iterable[Listed], known: Known, touched: frozenset[str], at: int
) -> list[told.Happening]:
    """Departures first, so that a move is a legal chain; then arrivals; then mute states."""
    there = {member.session_id: member for member in listed}
    out: list[told.Happening] = []
    for seat in known.seats.values():
        if seat.state != JOINED or _is_touched(seat.session_id, seat.room_id, touched):
            continue
        member = there.get(seat.session_id)
        if member is None or (member.room_id, member.conference_uuid) != (seat.room_id, seat.conference_uuid):
            out.append(told.MemberLeft(seat.room_id, seat.conference_uuid, seat.session_id, "", at, missed=True))
    for member in there.values():
        if _is_touched(member.session_id, member.room_id, touched) or member.session_id not in known.sessions:
            continue
        seat_now = known.seats.get(member.session_id)
        if seat_now is None or _differs(seat_now, member):
            out.append(
                told.MemberJoined(
                    member.room_id,
                    member.conference_uuid,
                    member.session_id,
                    member.member_id,
                    member.muted,
                    at,
                    member.deaf and not member.held,
                )
            )
        else:
            out += _changes(seat_now, member, at)
    return out


def _changes(seat: SeatState | Seat, member: Listed, at: int) -> list[told.Happening]:
    """Of one who is held the list says neither that it may speak nor that it may hear, whatever is so."""
    out: list[told.Happening] = []
    place = member.room_id, member.conference_uuid, member.session_id
    was_held = bool(seat.marks.get(marks.HELD))
    if was_held != member.held:
        out.append(told.MemberHoldChanged(*place, member.held, at))
    if member.held or seat.marks.get(marks.KICK_SOUND):
        return out
    if seat.muted != member.muted:
        out.append(told.MemberMuteChanged(*place, member.muted, at))
    if not was_held and not seat.marks.get(marks.HUSHED) and bool(seat.marks.get(marks.DEAF)) != member.deaf:
        out.append(told.MemberDeafChanged(*place, member.deaf, at))
    return out


def _differs(seat: SeatState | Seat, member: Listed) -> bool:
    return seat.state != JOINED or (seat.room_id, seat.conference_uuid) != (
        member.room_id,
        member.conference_uuid,
    )


def _is_touched(session: str, room_id: str, touched: frozenset[str]) -> bool:
    return session in touched or room_id in touched


def slim(row: dict[str, Any], node_id: str, known: Known) -> dict[str, Any]:
    """A channel's row; of one that can make no difference only its uuid, for there may be tens of thousands."""
    session = known.sessions.get(session_id(node_id, row.get("uuid") or ""))
    differs = row.get("application") == "park" or (session is not None and session.state != ANSWERED)
    return row if differs else {"uuid": row.get("uuid")}


def call_differences(
    channels: Any, known: Known, node_id: str, touched: frozenset[str], at: int
) -> tuple[list[told.Happening], list[str]]:
    """`show channels as json` -> (calls that came or were answered meanwhile, session ids that may be gone)."""
    rows = channels.get("rows", []) if isinstance(channels, dict) else []
    there = {session_id(node_id, row["uuid"]): row for row in rows if CHANNEL_UUID.fullmatch(row.get("uuid") or "")}
    out: list[told.Happening] = []
    for who, row in there.items():
        if who in touched:
            continue
        session = known.sessions.get(who)
        answered = row.get("callstate") in ("ACTIVE", "HELD")
        if row.get("application") == "park" and (session is None or not session.taken_over):
            out.append(_found_parked(who, row, node_id, answered, at))
        if answered and session is not None and session.state != ANSWERED:
            out.append(told.CallAnswered(who, at))
    gone = [who for who in known.sessions if who not in there and who not in touched]
    return out, [who for who in gone if not _is_just_dialled(known.sessions[who], at)]


def is_dialling(known: Known, at: int) -> bool:
    """Some call may be about to be sent: the next pass tells whether it was."""
    return any(_is_just_dialled(session, at) for session in known.sessions.values())


def _is_just_dialled(session: SessionState | Session, at: int) -> bool:
    return session.state == DIALLING and at - session.created_at < DIAL_GRACE_MS


def _found_parked(who: str, row: dict[str, Any], node_id: str, answered: bool, at: int) -> told.CallParked:
    return told.CallParked(
        session_id=who,
        node_id=node_id,
        channel_uuid=row["uuid"],
        inbound=row.get("direction") == "inbound",
        from_number=clean(row.get("initial_cid_num") or row.get("cid_num", "")),
        to_number=clean(row.get("initial_dest") or row.get("dest", "")),
        created_at=int(row.get("created_epoch") or at // 1000) * 1000,
        answered=answered,
        at=at,
        recovered=True,
    )
