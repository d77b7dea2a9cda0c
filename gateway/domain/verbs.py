"""Verbs: what an answer document tells a call to do, as frozen values. XML and JSON fronts produce the same ones.

Defaults are the contract's (Plivo's where it is silent). "" means none: no URL, no key, no sound, no transcription.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Method = Literal["GET", "POST"]
RecordFormat = Literal["mp3", "wav"]
TranscriptionType = Literal["", "auto", "hybrid", "manual"]
Direction = Literal["read", "write", "both"]
HangupReason = Literal["", "rejected", "busy"]

BEEP_ONCE, BEEP_TWICE = "beep:1", "beep:2"
ALL_KEYS = "1234567890*#"

# What holds for the whole room; a document that names one of these sets it for the room (Conference.named).
ROOM_WIDE = frozenset(
    {
        "time_limit_s", "wait_sound", "record_format",
        "transcription_type", "transcription_url", "transcription_method",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Speak:
    """`language` "": the voice's own, en-US for WOMAN and MAN. `loop` 0 is endless, here and in Play."""

    text: str
    voice: str = "WOMAN"
    language: str = ""
    loop: int = 1


@dataclass(frozen=True)
class Play:
    url: str
    loop: int = 1


@dataclass(frozen=True)
class Wait:
    """With `silence` it ends early, once nothing was heard for `min_silence_ms`."""

    length_s: int = 1
    silence: bool = False
    min_silence_ms: int = 2000


Prompt: TypeAlias = Speak | Play | Wait


@dataclass(frozen=True)
class PreAnswer:
    """Prompts in early media: the call is not answered by them."""

    prompts: tuple[Prompt, ...] = ()


@dataclass(frozen=True)
class Gather:
    """Collects keys (GetDigits, GetInput with dtmf, gather). The times begin when the prompts are over.

    `timeout_s` is for the first key, `digit_timeout_s` between keys, `total_timeout_s` for all of them.
    `log` is taken and has no effect: keys appear in no log. Without `action` the flow goes on.
    """

    prompts: tuple[Prompt, ...] = ()
    max_digits: int = 99
    min_digits: int = 1
    timeout_s: int = 5
    digit_timeout_s: int = 2
    total_timeout_s: int | None = None
    finish_on_key: str = "#"
    valid_digits: str = ALL_KEYS
    invalid_digits_sound: str = ""
    tries: int = 1
    play_beep: bool = False
    log: bool = True
    action: str = ""
    method: Method = "POST"
    redirect: bool = True


@dataclass(frozen=True)
class Record:
    """Records what the caller says now; ends after `timeout_s` of silence, at `max_length_s` or at one of the keys."""

    action: str = ""
    method: Method = "POST"
    redirect: bool = True
    file_format: RecordFormat = "mp3"
    timeout_s: int = 15
    max_length_s: int = 60
    play_beep: bool = True
    finish_on_keys: str = "#"
    callback_url: str = ""
    callback_method: Method = "POST"
    transcription_type: TranscriptionType = ""
    transcription_url: str = ""
    transcription_method: Method = "POST"


@dataclass(frozen=True)
class StartRecording:
    """Records the call in the background until StopRecording, its end or `max_length_s`; the flow goes on at once."""

    action: str = ""
    method: Method = "POST"
    redirect: bool = True
    file_format: RecordFormat = "mp3"
    max_length_s: int | None = None
    callback_url: str = ""
    callback_method: Method = "POST"
    transcription_type: TranscriptionType = ""
    transcription_url: str = ""
    transcription_method: Method = "POST"


@dataclass(frozen=True)
class StopRecording:
    pass


@dataclass(frozen=True)
class Target:
    """Who is dialled: the digits of a number (+ kept), or a SIP URI."""

    kind: Literal["number", "sip"]
    address: str


@dataclass(frozen=True)
class Dial:
    """Rings all targets at once; the first to answer is connected. `final`: no verb behind it runs (transfer, bridge).

    `caller_id` "" shows the caller's own number.
    """

    targets: tuple[Target, ...]
    timeout_s: int = 120
    time_limit_s: int = 14_400
    caller_id: str = ""
    action: str = ""
    method: Method = "POST"
    redirect: bool = True
    final: bool = False


@dataclass(frozen=True)
class Redirect:
    """The document at `url` replaces this one. `max_redirects` is how many more may follow it, None: the house's."""

    url: str
    method: Method = "POST"
    max_redirects: int | None = None


@dataclass(frozen=True)
class Hangup:
    """With `schedule_s` the flow goes on and the call is hung up that much later."""

    reason: HangupReason = ""
    schedule_s: int | None = None


@dataclass(frozen=True)
class SendDigits:
    """Keys to the caller's phone: 0-9 A-D * #, w waits 0.5 s, W 1 s. `background`: the flow does not wait for them."""

    digits: str
    pause_before_ms: int = 0
    background: bool = True


@dataclass(frozen=True)
class Hold:
    pass


@dataclass(frozen=True)
class Resume:
    pass


@dataclass(frozen=True)
class Mute:
    """`direction` as the switch's uuid_audio names it: read is what comes from the phone, write what goes to it."""

    direction: Direction


@dataclass(frozen=True)
class Unmute:
    direction: Direction


@dataclass(frozen=True)
class Conference:
    """Joins a room. `enter_sound`, `exit_sound`: beep:1, beep:2 or a URL of XML; `wait_sound`: a URL of XML or audio.

    `named` lists which of ROOM_WIDE the document itself set: those, and not our defaults, may set them for the room.
    """

    room: str
    muted: bool = False
    enter_sound: str = ""
    exit_sound: str = ""
    max_members: int = 20
    time_limit_s: int = 86_400
    hangup_on_star: bool = False
    stay_alone: bool = True
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_sound: str = ""
    record: bool = False
    record_format: RecordFormat = "mp3"
    transcription_type: TranscriptionType = ""
    transcription_url: str = ""
    transcription_method: Method = "POST"
    action: str = ""
    method: Method = "POST"
    callback_url: str = ""
    callback_method: Method = "POST"
    redirect: bool = True
    digits_match: tuple[str, ...] = ()
    floor_event: bool = False
    relay_dtmf: bool = True
    named: tuple[str, ...] = ()


Verb: TypeAlias = (
    Speak | Play | Wait | PreAnswer | Gather | Record | StartRecording | StopRecording | Dial | Redirect | Hangup
    | SendDigits | Hold | Resume | Mute | Unmute | Conference
)  # fmt: skip


@dataclass(frozen=True)
class Document:
    """Verbs in the order they run. None at all: the call is hung up."""

    verbs: tuple[Verb, ...] = ()
