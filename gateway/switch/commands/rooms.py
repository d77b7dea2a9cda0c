"""Commands to a room or a member in it. `member` is a Member-ID, `all` or `non_moderator`."""

from dataclasses import dataclass
from typing import ClassVar

from gateway.switch import arguments
from gateway.switch.commands.base import Command, Kind


@dataclass(frozen=True)
class RoomCommand(Command):
    room: str

    def conference(self, *words: str) -> tuple[str, ...]:
        return ("conference", arguments.room(self.room), *words)


@dataclass(frozen=True)
class _RoomWord(RoomCommand):
    """A command of one word."""

    word: ClassVar[str]

    def _words(self) -> tuple[str, ...]:
        return self.conference(self.word)


@dataclass(frozen=True)
class _MemberWord(RoomCommand):
    """A command of one word to a member."""

    word: ClassVar[str]
    member: int | str

    def _words(self) -> tuple[str, ...]:
        return self.conference(self.word, arguments.member(self.member))


class Mute(_MemberWord):
    # Without `quiet`: a mute is spoken only where a TTS engine is set, and the `gateway` profile has none.
    word = "mute"


class Unmute(_MemberWord):
    word = "unmute"


@dataclass(frozen=True)
class _Hearing(_MemberWord):
    """`quiet`: the member is not told of it by a sound of the profile."""

    quiet: bool = False

    def _words(self) -> tuple[str, ...]:
        return (*super()._words(), *(("quiet",) if self.quiet else ()))


class Deaf(_Hearing):
    word = "deaf"


class Undeaf(_Hearing):
    word = "undeaf"


class Unhold(_MemberWord):
    word = "unhold"


class Floor(_MemberWord):
    """Toggles: takes a free floor, gives it back if this member holds it, else `-ERR floor is held by N`."""

    word = "floor"


class Lock(_RoomWord):
    word = "lock"


class Unlock(_RoomWord):
    word = "unlock"


@dataclass(frozen=True)
class _RoomOrMember(RoomCommand):
    """Of the room's file, or (with `member`) of the one that this member alone is played."""

    word: ClassVar[str]
    member: int = 0

    def _words(self) -> tuple[str, ...]:
        return self.conference(self.word, *((arguments.member(self.member),) if self.member else ()))


class PausePlay(_RoomOrMember):
    """Toggles: Reply.paused says which way it went."""

    word = "pause_play"


@dataclass(frozen=True)
class _MemberSound(RoomCommand):
    word: ClassVar[str]
    member: int | str
    file: str = ""

    def _words(self) -> tuple[str, ...]:
        sound = (arguments.sound(self.file),) if self.file else ()
        return self.conference(self.word, arguments.member(self.member), *sound)


class Kick(_MemberSound):
    """Out of the room, the call goes on; `file` is the last thing the member hears."""

    word = "kick"


class Hold(_MemberSound):
    """`file` plays once, then the held member hears the room: send it again at play-file-member-done."""

    word = "hold"


@dataclass(frozen=True)
class KickAll(RoomCommand):
    def _words(self) -> tuple[str, ...]:
        return self.conference("kick", "all")


@dataclass(frozen=True)
class MemberVolume(RoomCommand):
    """`direction` in (what the room hears of the member) or out (what the member hears)."""

    member: int | str
    direction: str
    level: int

    def _words(self) -> tuple[str, ...]:
        word = "volume_" + arguments.one_of(self.direction, ("in", "out"), "direction")
        return self.conference(word, arguments.member(self.member), arguments.whole(self.level, -4, 4))


@dataclass(frozen=True)
class Relate(RoomCommand):
    """Between two members: `nospeak`, `nohear` or `clear`. One room's relations go one after the other."""

    member: int
    other: int
    relation: str

    def _words(self) -> tuple[str, ...]:
        relation = arguments.one_of(self.relation, ("nospeak", "nohear", "clear"), "relation")
        return self.conference("relate", arguments.member(self.member), arguments.member(self.other), relation)


@dataclass(frozen=True)
class SendDigitsToMember(RoomCommand):
    member: int | str
    digits: str

    def _words(self) -> tuple[str, ...]:
        return self.conference("dtmf", arguments.member(self.member), arguments.digits(self.digits))


def _with_params(file: str, params: str) -> str:
    """They must stand inside the quotes of a path that has spaces."""
    quote, bare = ("'", file[1:-1]) if file.startswith("'") else ("", file)
    return f"{quote}{{{params}}}{bare}{quote}"


@dataclass(frozen=True)
class Play(RoomCommand):
    """One file to the room. `operation_id` comes back in the File header of play-file and play-file-done."""

    kind: ClassVar[Kind] = Kind.JOB
    file: str
    operation_id: str
    volume: int = 0
    at_once: bool = False  # async: mixed in beside what plays, for beeps

    def _words(self) -> tuple[str, ...]:
        volume, operation_id = arguments.whole(self.volume, -50, 7), arguments.word(self.operation_id)
        params = f"vol={volume},operation_id={operation_id}"
        words = ("play", _with_params(arguments.sound(self.file), params))
        return self.conference(*words, *(("async",) if self.at_once else ()))


@dataclass(frozen=True)
class Music(RoomCommand):
    """What a waiting room hears, over and over, from now on."""

    file: str

    def _words(self) -> tuple[str, ...]:
        return self.conference("moh", arguments.sound(self.file))


@dataclass(frozen=True)
class PlayToMember(RoomCommand):
    """To one member in the room (uuid_broadcast would cut the leg off from the room meanwhile)."""

    kind: ClassVar[Kind] = Kind.JOB
    member: int
    file: str
    operation_id: str = ""  # comes back in the File header of play-file-member-done

    def _words(self) -> tuple[str, ...]:
        file = arguments.sound(self.file)
        if self.operation_id:
            file = _with_params(file, f"operation_id={arguments.word(self.operation_id)}")
        return self.conference("play", file, arguments.member(self.member))


@dataclass(frozen=True)
class StopPlay(RoomCommand):
    """All files of the room, or (with `member`) of one member."""

    member: int = 0

    def _words(self) -> tuple[str, ...]:
        member = (arguments.member(self.member),) if self.member else ()
        return self.conference("stop", "all", *member)


@dataclass(frozen=True)
class FileVolume(RoomCommand):
    """Of the file that plays now; later files get theirs from Play.volume."""

    volume: int

    def _words(self) -> tuple[str, ...]:
        return self.conference("file-vol", arguments.whole(self.volume, -50, 7))


class PlayStatus(_RoomOrMember):
    """Whether a file is in the room, paused or not: refused with Reply.nothing_playing when none is.

    (file_seek is no probe: the switch takes `+0` for a second forward, and `0` for the beginning.)
    """

    word = "play_status"


@dataclass(frozen=True)
class SeekPlay(RoomCommand):
    """To `position_ms` of the file that this member is played."""

    member: int
    position_ms: int

    def _words(self) -> tuple[str, ...]:
        return self.conference("file_seek", arguments.whole(self.position_ms, 0, 10**8), arguments.member(self.member))


@dataclass(frozen=True)
class ScheduleKickAll(RoomCommand):
    """The room's time limit, kept by the switch; `conference_uuid` names it for ScheduleDelete at its end."""

    delay_s: int
    conference_uuid: str

    def _words(self) -> tuple[str, ...]:
        delay = "+" + arguments.whole(self.delay_s, 1, 10**8)
        group = arguments.channel(self.conference_uuid)
        return ("sched_api", delay, group, *self.conference("kick", "all"))
