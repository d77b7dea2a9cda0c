"""What few members have: deaf, held, volumes, and the commands about them that were sent and not told yet.

Kept in Seat.marks, empty for most. In: a seat and what is asked or told. Out: the seat as it is then.
"""

from typing import Any

from gateway.domain.member import ASKED_COUNTS_MS, MOST_ASKED, Seat
from gateway.domain.values import replace

DEAF, HELD, MUSIC, HUSHED, KICK_SOUND, KICK_FILE, MOVE_TO, EXIT_AT, FLOOR_ASKED = (
    "deaf", "held", "music", "hushed", "kick_sound", "kick_file", "move_to", "exit_at", "floor_asked",
)  # fmt: skip
_ASKED = "asked"
# Commands of one kind overtake each other: what is told ends those of its kind that were asked before it.
_KIND = {"undeaf": "deaf", "unhold": "hold"}


def mark(seat: Seat, **marks: Any) -> Seat:
    """With these marks; a value that is empty takes its mark away."""
    kept = {name: value for name, value in {**seat.marks, **marks}.items() if value}
    return replace(seat, marks=kept)


def has(seat: Seat, name: str) -> bool:
    return bool(seat.marks.get(name))


def leaving(seat: Seat, cause: str, command_uid: str, at: int, move_to: str = "") -> Seat:
    """Asked at `at` (ms) to go out of its room, by this command."""
    return mark(replace(seat, exit_cause=cause, exit_uid=command_uid), exit_at=at, move_to=move_to)


def staying(seat: Seat) -> Seat:
    """What asked it to go was not done."""
    return mark(replace(seat, exit_cause="", exit_uid=""), exit_at=0, move_to="")


def level(seat: Seat, direction: str) -> int:
    """-4 to 4; `in` is what the room hears of the member, `out` what the member hears."""
    return int(seat.marks.get(f"volume_{direction}", 0))


def is_silenced(seat: Seat) -> bool:
    """Deaf by our own doing for a while, of which nobody is told."""
    return has(seat, HELD) or has(seat, HUSHED) or has(seat, KICK_SOUND)


def asked(seat: Seat, word: str, command_uid: str, at: int) -> Seat:
    """With one more command under way."""
    under_way = [*seat.marks.get(_ASKED, []), [word, command_uid, at]]
    return mark(seat, asked=under_way[-MOST_ASKED:])


def counts(entry: list[Any], now: int) -> bool:
    """Whether [what, command_uid, when] may still be done; an older release wrote no time."""
    return len(entry) < 3 or now - entry[2] <= ASKED_COUNTS_MS


def is_asked(seat: Seat, word: str, now: int) -> bool:
    return any(entry[0] == word and counts(entry, now) for entry in seat.marks.get(_ASKED, []))


def answered(seat: Seat, word: str, now: int) -> tuple[Seat, str]:
    """The switch told of `word`: the seat without it and those of its kind before it, and its command_uid, or ''."""
    under_way = seat.marks.get(_ASKED, [])
    meant = (index for index, entry in enumerate(under_way) if entry[0] == word and counts(entry, now))
    at = next(meant, None)
    if at is None:
        return seat, ""
    kind = _KIND.get(word, word)
    rest = [one for index, one in enumerate(under_way) if index > at or _KIND.get(one[0], one[0]) != kind]
    return mark(seat, asked=rest), str(under_way[at][1])


def untaken(seat: Seat, command_uid: str) -> Seat:
    """The switch did not take that command."""
    return mark(seat, asked=[one for one in seat.marks.get(_ASKED, []) if one[1] != command_uid])
