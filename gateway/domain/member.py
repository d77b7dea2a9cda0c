"""A seat: one session's place in one room. Frozen; change by values.replace."""

from dataclasses import dataclass, field
from typing import Any

from gateway.domain.values import replace

JOINING, JOINED = "joining", "joined"


@dataclass(frozen=True)
class Seat:
    """Known to the switch as (channel uuid, Conference-Unique-ID); `member_id` is its Member-ID for commands.

    The `*_uid` fields hold the command_uid of the command that asked for the next change of their kind,
    so that the webhook of that change carries it. `mute_asked` holds the mutes and unmutes that were sent and not
    told yet, as words in their order with the time of each (`mute@1790000000000`), `mute_uid` theirs. `marks` is what
    few members have (domain/marks.py).
    """

    session_id: str
    room_id: str
    app_id: str
    state: str
    seat_no: int
    asked_at: int
    member_id: int = 0
    conference_uuid: str = ""
    muted: bool = True
    joined_at: int | None = None
    join_uid: str = ""
    mute_asked: str = ""
    mute_uid: str = ""
    exit_cause: str = ""
    exit_uid: str = ""
    marks: dict[str, Any] = field(default_factory=dict, hash=False)


MOST_ASKED = 16
# From a command to the switch's event: one that shows nothing for so long was not done, nor even sent perhaps.
ASKED_COUNTS_MS = 30_000


def mute_asked(seat: Seat, word: str, command_uid: str, at: int) -> Seat:
    """With one more mute or unmute under way."""
    words = [*seat.mute_asked.split(), f"{word}@{at}"][-MOST_ASKED:]
    uids = [*seat.mute_uid.split(), command_uid][-MOST_ASKED:]
    return replace(seat, mute_asked=" ".join(words), mute_uid=" ".join(uids))


def mute_told(seat: Seat, word: str, now: int) -> tuple[Seat, str | None]:
    """The switch told of a mute or unmute: the seat without it and what was asked before, and its command_uid.

    None instead of that where nobody asked, or so long ago that it was not done. A word of an older release has no
    time, and counts.
    """
    words, uids = seat.mute_asked.split(), seat.mute_uid.split()
    for index, asked in enumerate(words):
        what, _, at = asked.partition("@")
        if what == word and (not at or now - int(at) <= ASKED_COUNTS_MS):
            later = index + 1
            return replace(seat, mute_asked=" ".join(words[later:]), mute_uid=" ".join(uids[later:])), uids[index]
    return seat, None


def mute_untaken(seat: Seat, command_uid: str) -> Seat:
    """The switch did not take that command."""
    pairs = zip(seat.mute_asked.split(), seat.mute_uid.split(), strict=True)
    kept = [(word, uid) for word, uid in pairs if uid != command_uid]
    return replace(seat, mute_asked=" ".join(word for word, _ in kept), mute_uid=" ".join(uid for _, uid in kept))
