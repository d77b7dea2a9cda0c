"""Commands to one call leg (the switch's channel): join, leave, answer, hang up, clocks, variables."""

from dataclasses import dataclass, field
from typing import ClassVar

from gateway.errors import UnsafeArgument
from gateway.switch import arguments
from gateway.switch.commands.base import Command, Kind

MEMBER_FLAGS = frozenset(
    {"mute", "moderator", "endconf", "mintwo", "deaf", "nomoh", "ghost", "join-only"}
)  # dist-dtmf is missing on purpose: it switches the caller controls off
PROFILE = "gateway"

# Variables stay on a channel for its next room: a join always sets the whole list, empty unsets.
JOIN_VARIABLES = (
    "conference_controls",
    "conference_flags",
    "conference_moh_sound",
    "conference_permanent_wait_mod_moh",
)


@dataclass(frozen=True)
class _CallCommand(Command):
    """`channel` is the switch's channel uuid (not our session id)."""

    channel: str

    @property
    def _uuid(self) -> str:
        return arguments.channel(self.channel)


@dataclass(frozen=True)
class Join(_CallCommand):
    """Into a room, and back to park after it by kick, leave, or the room's end: the call is never lost.

    `controls` is the caller-control group; `variables` may name those of JOIN_VARIABLES besides.
    """

    room: str
    flags: tuple[str, ...] = ("mute",)
    controls: str = "gw"
    variables: dict[str, str] = field(default_factory=dict)

    def _words(self) -> tuple[str, ...]:
        given = {"conference_controls": self.controls, **self.variables}
        for name in given:
            arguments.one_of(name, JOIN_VARIABLES, "join variable")
        sets = ["set:hangup_after_conference=false"]
        sets += [f"set:{name}={arguments.value(given.get(name, ''))}" for name in JOIN_VARIABLES]
        flags = "|".join(arguments.one_of(flag, MEMBER_FLAGS, "member flag") for flag in self.flags)
        seat = f"conference:{arguments.room(self.room)}@{PROFILE}" + (f"+flags{{{flags}}}" if flags else "")
        return ("uuid_transfer", self._uuid, f"'{','.join([*sets, seat, 'park:'])}'", "inline")


@dataclass(frozen=True)
class Leave(_CallCommand):
    """Out of its room at once, the call stays parked (`kick` would wait for a file that plays on the leg)."""

    def _words(self) -> tuple[str, ...]:
        return ("uuid_transfer", self._uuid, "'park:'", "inline")


@dataclass(frozen=True)
class TakeOver(Leave):
    """A call parked by the dialplan becomes ours: parking it anew ends the dialplan's park_timeout."""


@dataclass(frozen=True)
class AnswerCall(_CallCommand):
    def _words(self) -> tuple[str, ...]:
        return ("uuid_answer", self._uuid)


@dataclass(frozen=True)
class PreAnswer(_CallCommand):
    def _words(self) -> tuple[str, ...]:
        return ("uuid_pre_answer", self._uuid)


@dataclass(frozen=True)
class Kill(_CallCommand):
    cause: str = "NORMAL_CLEARING"

    def _words(self) -> tuple[str, ...]:
        return ("uuid_kill", self._uuid, arguments.cause(self.cause))


@dataclass(frozen=True)
class ScheduleHangup(_CallCommand):
    """Hang up in `delay_s`; kept by the switch, so it survives us. ScheduleDelete(channel) takes it back."""

    delay_s: int
    cause: str = "ALLOTTED_TIMEOUT"

    def _words(self) -> tuple[str, ...]:
        delay = "+" + arguments.whole(self.delay_s, 1, 10**8)
        return ("sched_hangup", delay, self._uuid, arguments.cause(self.cause))


@dataclass(frozen=True)
class ScheduleDelete(Command):
    """All clocks of a group: a channel uuid (ScheduleHangup), a Conference-Unique-ID (ScheduleKickAll)."""

    group: str

    def _words(self) -> tuple[str, ...]:
        return ("sched_del", arguments.channel(self.group))


@dataclass(frozen=True)
class SetVariables(_CallCommand):
    """Sets channel variables; an empty value unsets. Names and values are ours, never a user's."""

    variables: dict[str, str]

    def _words(self) -> tuple[str, ...]:
        if not self.variables:
            raise UnsafeArgument("no variable given")
        pairs = (f"{arguments.variable(n)}={arguments.value(v)}" for n, v in self.variables.items())
        return ("uuid_setvar_multi", self._uuid, ";".join(pairs))


@dataclass(frozen=True)
class SendDigits(_CallCommand):
    """Keys to the far end, 200 ms each (the gap is rtp_digit_delay, set before media)."""

    digits: str
    tone_ms: int = 200

    def _words(self) -> tuple[str, ...]:
        return (
            "uuid_send_dtmf",
            self._uuid,
            f"{arguments.digits(self.digits)}@{arguments.whole(self.tone_ms, 40, 8000)}",
        )


@dataclass(frozen=True)
class MuteLeg(_CallCommand):
    """One direction of a leg: `read` is what comes from the phone, `write` what goes to it. Holds in rooms, too.

    No event tells it: +OK is the happening. The switch forgets it with the call, not with what plays.
    """

    direction: str
    on: bool = True

    def _words(self) -> tuple[str, ...]:
        direction = arguments.one_of(self.direction, ("read", "write"), "direction")
        return ("uuid_audio", self._uuid, "start", direction, "mute", "1" if self.on else "0")


@dataclass(frozen=True)
class Break(_CallCommand):
    """Ends what plays on a parked call; `all` ends the queue of it too."""

    def _words(self) -> tuple[str, ...]:
        return ("uuid_break", self._uuid, "all")


@dataclass(frozen=True)
class ControlPlayback(_CallCommand):
    """pause (toggles), stop, restart, or seek to `position_ms` of a parked call's playback."""

    action: str
    position_ms: int = 0

    def _words(self) -> tuple[str, ...]:
        action = arguments.one_of(self.action, ("pause", "stop", "restart", "seek"), "playback action")
        if action == "seek":
            action = f"seek:{arguments.whole(self.position_ms, 0, 10**8)}"
        return ("uuid_fileman", self._uuid, action)


@dataclass(frozen=True)
class RecordCall(_CallCommand):
    """start (up to max_length_s, 0 = no limit), stop, pause, resume a recording of one leg."""

    action: str
    file: str
    max_length_s: int = 0

    def _words(self) -> tuple[str, ...]:
        action = arguments.one_of(self.action, ("start", "stop", "pause", "resume"), "record action")
        limited = action == "start" and self.max_length_s
        limit = (arguments.whole(self.max_length_s, 1, 10**6),) if limited else ()
        return ("uuid_record", self._uuid, action, arguments.path(self.file), *limit)


APPLICATIONS = frozenset(
    {
        "answer", "bridge", "endless_playback", "park", "play_and_get_digits", "playback", "pre_answer", "record",
        "set", "sleep", "start_dtmf", "wait_for_silence",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Execute(_CallCommand):
    """Run an application; CHANNEL_EXECUTE_COMPLETE brings `event_uuid` back as Application-UUID.

    Several on one call NEST: wait for one's completion before the next; with `locked`, the switch itself lets those
    behind it wait. `argument` is ours, never user text.
    """

    kind: ClassVar[Kind] = Kind.MESSAGE
    application: str
    argument: str
    event_uuid: str
    locked: bool = False

    @property
    def text(self) -> str:
        lines = [
            f"sendmsg {self._uuid}",
            "call-command: execute",
            f"execute-app-name: {arguments.one_of(self.application, APPLICATIONS, 'application')}",
        ]
        if self.argument:
            lines.append(f"execute-app-arg: {arguments.one_line(self.argument)}")
        if self.locked:
            lines.append("event-lock: true")
        return "\n".join([*lines, f"Event-UUID: {arguments.channel(self.event_uuid)}"])

    def _words(self) -> tuple[str, ...]:
        return (self.text,)
