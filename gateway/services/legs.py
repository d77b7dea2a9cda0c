"""What is done to one leg for its document: applications run as steps, and looked for after a crash.

A step is sent locked, and behind it a marker that names it: once the marker is on the channel the step is over.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import gevent

from gateway.domain.ids import new_uuid
from gateway.domain.session import Session
from gateway.errors import SwitchRefused
from gateway.switch import arguments
from gateway.switch.commands import (
    AnswerCall,
    Break,
    ChannelDump,
    Command,
    Execute,
    Kill,
    MuteLeg,
    PreAnswer,
    ScheduleHangup,
    SendDigits,
    SetVariables,
    TakeOver,
)
from gateway.switch.pool import SwitchPool

STEP_APPLICATIONS = frozenset(
    {"bridge", "endless_playback", "play_and_get_digits", "playback", "record", "sleep", "wait_for_silence"}
)
MARKER = "gateway_step_done"
PARK_LIMIT_S = 2.0
PARK_POLL_S = 0.05
SILENCE_BEGINS_S = 0.06  # three frames of 20 ms: an application starts at the next one that is read
DIGITS = "gateway_digits"
NO_SOUND = "silence_stream://10"
# Of a caller on hold: a soft tone every five seconds, till the leg is freed. No file, so that it is always there.
HOLD_TONE = "tone_stream://v=-15;%(250,4750,480);loops=-1"
BEEP = "tone_stream://%(300,0,800)"
TWO_BEEPS = "tone_stream://%(200,150,800);loops=2"
QUIET = 200  # the switch's own scale of energy, as its documentation suggests for speech
FRAME_MS, SILENCE_TAIL_MS = 20, 500
MAX_SILENCE_LIMIT_MS = 40_000_000  # the switch counts samples in 32 bits, at up to 48 kHz
MAX_PARTS = 128  # of a file_string: the switch forgets what is behind them
NO_KEY_STOPS = {"playback_terminators": "none"}
# What is over sooner would spin when it is repeated without end: it waits between the rounds.
SHORT_MS, PAUSE_MS = 200, 1000
SHORT_ROUNDS = 10  # so often a short sound is repeated without them, where an app says how often
SILENT_WAITS = {"send_silence_when_idle": "-1"}
# How long the switch takes for each: keys of 200 ms and their gap (rtp_digit_delay), w and W, and the last one's end.
KEY_MS, PAUSES_MS, LAST_MS = 420, {"w": 520, "W": 1020}, 500
# Unset before each step, so that what is there after it is the step's own.
RESULT_VARIABLES = (
    DIGITS, "gateway_digits_invalid", "read_result", "read_terminator_used", "playback_terminator_used", "record_ms",
    "record_samples", "originate_disposition", "DIALSTATUS", "bridge_hangup_cause", "last_bridge_hangup_cause",
    "last_bridge_to",
)  # fmt: skip


def step_result(event: Mapping[str, Any], response: str) -> dict[str, str]:
    """Of the event that ended a step, or of a dump of its channel."""
    found = {name: str(event[f"variable_{name}"]) for name in RESULT_VARIABLES if event.get(f"variable_{name}")}
    if event.get("Application") == "record" and event.get("Hangup-Cause"):
        found["hung_up"] = "true"  # a recording that its caller ended so is told as such
    return found | ({"response": response} if response not in ("", "_none_", "FILE PLAYED") else {})


def playback(sounds: Sequence[str]) -> str:
    """The argument of playback: URLs or streams, one behind the other without a gap."""
    safe = [arguments.sound(sound) for sound in sounds[:MAX_PARTS]]
    if len(safe) == 1:
        return safe[0]
    return "file_string://" + "!".join(sound.replace("!", "%21") for sound in safe)


@dataclass(frozen=True)
class Keys:
    """How keys are collected; times in ms. `finish` ends them, `valid` are those that count."""

    least: int
    most: int
    tries: int
    timeout_ms: int
    digit_timeout_ms: int
    finish: str
    valid: str


def keys_argument(keys: Keys, prompt: Sequence[str], invalid: str) -> str:
    """Of play_and_get_digits."""
    words = (
        arguments.whole(keys.least, 0, 99),
        arguments.whole(keys.most, 1, 99),
        arguments.whole(keys.tries, 1, 100),
        arguments.whole(keys.timeout_ms, 1, 10**8),
        arguments.digits(keys.finish) if keys.finish else "none",
        playback(prompt or (NO_SOUND,)),
        arguments.sound(invalid or NO_SOUND),
        DIGITS,
        f"^[{arguments.digits(keys.valid)}]+$",
        arguments.whole(keys.digit_timeout_ms, 1, 10**8),
    )
    return " ".join(words)


def record_argument(path: str, limit_s: int, quiet: int, silence_s: int) -> str:
    """Of record: it ends after `silence_s` without anything above `quiet`. The switch's clock knows whole seconds."""
    words = (
        arguments.whole(limit_s + 1, 1, 10**8),
        arguments.whole(quiet, 1, 30_000),
        arguments.whole(silence_s, 1, 10**6),
    )
    return " ".join((arguments.path(path), *words))


def gathered(result: Mapping[str, str]) -> str:
    """The keys that a play_and_get_digits collected, '' when too few came.

    read_result is `timeout` when the time for a further key was up behind enough of them.
    """
    return result.get(DIGITS, "") if result.get("read_result") in ("success", "timeout") else ""


def keys_ms(digits: str) -> int:
    return LAST_MS + sum(PAUSES_MS.get(key, KEY_MS) for key in digits)


def silence_argument(quiet: int, min_silence_ms: int, limit_ms: int) -> str:
    """Of wait_for_silence, which counts frames of 20 ms and listens half a second longer than it is told to."""
    words = (
        arguments.whole(quiet, 1, 30_000),
        arguments.whole(max(1, (min_silence_ms - SILENCE_TAIL_MS) // FRAME_MS), 1, 10**6),
        "0",  # no sound is waited for before the silence
        arguments.whole(min(limit_ms, MAX_SILENCE_LIMIT_MS), 1, MAX_SILENCE_LIMIT_MS),
    )
    return " ".join(words)


class Sight(Enum):
    """What a look at the leg shows of a step."""

    RUNNING = "running"
    DONE = "done"
    NOT_BEGUN = "not begun"
    GONE = "gone"


@dataclass(frozen=True)
class Seen:
    sight: Sight
    result: dict[str, str]


class Legs:
    """Raises SwitchUnavailable and SwitchTimeout. A call that is gone is no error: its end is on its way."""

    def __init__(self, pool: SwitchPool) -> None:
        self._pool = pool

    def execute(
        self, session: Session, application: str, argument: str, step_uuid: str, variables: Mapping[str, str]
    ) -> None:
        channel = session.channel_uuid
        settings = {**dict.fromkeys(RESULT_VARIABLES, ""), MARKER: "", **variables}
        self.send(session, SetVariables(channel, settings))
        self.send(session, Execute(channel, application, argument, step_uuid, locked=True))
        self.send(session, Execute(channel, "set", f"{MARKER}={step_uuid}", new_uuid()))

    def look(self, session: Session, step_uuid: str, argument: str) -> Seen:
        """Whether a step that this process did not see through is over."""
        dump = self._dump(session)
        if dump is None:
            return Seen(Sight.GONE, {})
        if dump.get(f"variable_{MARKER}") == step_uuid:
            return Seen(Sight.DONE, step_result(dump, ""))
        application = dump.get("variable_current_application")
        running = application in STEP_APPLICATIONS and dump.get("variable_current_application_data", "") == argument
        return Seen(Sight.RUNNING if running else Sight.NOT_BEGUN, {})

    def is_parked(self, session: Session) -> bool:
        """Also when it is gone: then there is nothing to wait for."""
        dump = self._dump(session)
        return dump is None or dump.get("variable_current_application") == "park"

    def answer(self, session: Session) -> None:
        self.send(session, AnswerCall(session.channel_uuid))

    def pre_answer(self, session: Session) -> None:
        self.send(session, PreAnswer(session.channel_uuid))

    def stop(self, session: Session) -> None:
        """What plays on the leg ends."""
        self.send(session, Break(session.channel_uuid))

    def hang_up(self, session: Session, cause: str = "NORMAL_CLEARING") -> None:
        self.send(session, Kill(session.channel_uuid, cause))

    def schedule_hangup(self, session: Session, delay_s: int) -> None:
        """Kept by the switch; a later one replaces none of those before it."""
        self.send(session, ScheduleHangup(session.channel_uuid, delay_s, "NORMAL_CLEARING"))

    def mute(self, session: Session, direction: str, on: bool) -> None:
        """`direction`: read, write or both. The switch mutes one at a time."""
        for each in ("read", "write") if direction == "both" else (direction,):
            self.send(session, MuteLeg(session.channel_uuid, each, on))

    def hold(self, session: Session) -> None:
        """Waits for nothing: what the document does meanwhile is heard between the tones."""
        self.send(session, SetVariables(session.channel_uuid, {"playback_terminators": "none"}))
        self.send(session, Execute(session.channel_uuid, "playback", HOLD_TONE, new_uuid()))

    def resume(self, session: Session) -> None:
        """Parked anew, which ends whatever plays: a break would end the next sound where nothing plays."""
        self.send(session, TakeOver(session.channel_uuid))
        self.until_parked(session)

    def until_parked(self, session: Session) -> None:
        """What is sent into the park that ends breaks off with it."""
        deadline = time.monotonic() + PARK_LIMIT_S
        while time.monotonic() < deadline and not self.is_parked(session):
            gevent.sleep(PARK_POLL_S)

    def send_digits(self, session: Session, digits: str) -> None:
        """The step behind it that waits for them is silence: see `accompany`."""
        self.send(session, SetVariables(session.channel_uuid, SILENT_WAITS))
        self.send(session, SendDigits(session.channel_uuid, digits))

    def accompany(self, session: Session, digits: str) -> None:
        """Silence while these keys are sent: where nothing is played the switch leaves ten gaps for one (measured).

        A park reads the variable when it begins, the sleep in it at once. What is played meanwhile is heard in it.
        """
        dump = self._dump(session)
        if dump is not None and dump.get("Channel-State") == "CS_EXECUTE" and _waits(dump):
            self.send(session, SetVariables(session.channel_uuid, SILENT_WAITS))
            self.send(session, Execute(session.channel_uuid, "sleep", str(keys_ms(digits)), new_uuid()))
            gevent.sleep(SILENCE_BEGINS_S)

    def _dump(self, session: Session) -> dict[str, Any] | None:
        """What the switch says of the channel; None when it is gone."""
        reply = self._pool.send(session.node_id, ChannelDump(session.channel_uuid), check=False)
        dump = reply.json() if reply.ok else None
        return dump if isinstance(dump, dict) else None

    def send(self, session: Session, command: Command) -> None:
        try:
            self._pool.send(session.node_id, command)
        except SwitchRefused as error:
            if not _gone(error.reply):
                raise


def _waits(dump: Mapping[str, Any]) -> bool:
    """Nothing is written to it: parked, behind a step that is over (its marker was the last), or asleep."""
    return dump.get("variable_current_application") in ("park", "set", "sleep")


def _gone(reply: str) -> bool:
    return any(sign in reply for sign in ("No such channel", "invalid session id", "-ERROR", "-ERR Cannot locate"))
