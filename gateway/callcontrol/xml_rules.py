"""The tables of XML verbs: Plivo's attributes, each with its field, its check and its default (VoxML's differ in one).

Sources: contracts/plivo-conference-xml.txt for Conference, Plivo's XML pages and SDKs for the verbs around it.
"""

from dataclasses import fields
from functools import partial
from typing import Any, Final

from gateway.callcontrol import attribute_checks as check
from gateway.callcontrol.rules import NO_FIELD, Row, Rule
from gateway.domain.values import replace
from gateway.domain.verbs import (
    ROOM_WIDE,
    Conference,
    Dial,
    Gather,
    Hangup,
    Play,
    PreAnswer,
    Record,
    Redirect,
    SendDigits,
    Speak,
    StartRecording,
    Target,
    Wait,
)

_METHOD = check.one_of("GET", "POST")
_FORMAT = check.one_of("mp3", "wav")
_SECONDS = check.whole(1, check.MAX_SECONDS)
_LIMIT_S = check.whole(1, check.MAX_WHOLE)
_LOOP = check.whole(0, 10_000)
MAX_TARGETS: Final = 50  # each is a call that is paid for; the switch reads no more than 128
_PROMPTS: Final = frozenset({"Speak", "Play", "Wait"})
_UNDOCUMENTED: Final = "it is in Plivo's SDK, yet in no table of its documentation"
_CONNECTED_AT_ONCE: Final = "a dialled call is connected as soon as it is answered"
_NO_DIAL_KEYS: Final = "the keys of a dialled call are not reported"
_NO_KEYS_SENT: Final = "no keys are sent to a dialled phone"
_NO_HEADERS: Final = "no SIP headers of an app's are sent"

_ACTION = {
    "action": Row("action", check.optional_url),
    "method": Row("method", _METHOD),
    "redirect": Row("redirect", check.boolean),
}
_CALLBACK = {
    "callbackUrl": Row("callback_url", check.optional_url),
    "callbackMethod": Row("callback_method", _METHOD),
}
_TRANSCRIPTION = {
    "transcriptionType": Row("transcription_type", check.one_of("auto", "hybrid", "manual")),
    "transcriptionUrl": Row("transcription_url", check.optional_url),
    "transcriptionMethod": Row("transcription_method", _METHOD),
}


def _transcribed(values: dict[str, Any]) -> dict[str, Any]:
    """Who names only the URL wants a transcription; Plivo's type was `auto` by default where it had one."""
    if values.get("transcription_url") and "transcription_type" not in values:
        return values | {"transcription_type": "auto"}
    return values


def _conference(**values: Any) -> Conference:
    values = _transcribed(values)
    named = sorted(name for name in ROOM_WIDE if values.get(name))
    return Conference(named=tuple(named), **values)


def _recording(session: bool = False, **values: Any) -> Record | StartRecording:
    """recordSession: in the background; timeout, finishOnKey and playBeep have no effect then, as at Plivo."""
    values = _transcribed(values)
    if not session:
        return Record(**values)
    background = {row.name for row in fields(StartRecording)}
    return StartRecording(**{name: value for name, value in values.items() if name in background})


def _input(**values: Any) -> Gather:
    """GetInput has one time for everything; the first key may have one of its own."""
    return Gather(**{"timeout_s": values["total_timeout_s"]} | values)


def _dial(targets: tuple[Target, ...] = (), **values: Any) -> Dial:
    if not targets:
        raise ValueError("needs at least one <Number> or <User>")
    if len(targets) > MAX_TARGETS:
        raise ValueError(f"rings at most {MAX_TARGETS} <Number> or <User> at once")
    return Dial(targets=targets, **values)


_CONFERENCE = Rule(
    build=_conference,
    content=Row("room", check.room_name),
    rows={
        "muted": Row("muted", check.boolean),
        "enterSound": Row("enter_sound", check.sound),
        "exitSound": Row("exit_sound", check.sound),
        "maxMembers": Row("max_members", check.whole(1, 20)),
        "timeLimit": Row("time_limit_s", _LIMIT_S),
        "hangupOnStar": Row("hangup_on_star", check.boolean),
        "stayAlone": Row("stay_alone", check.boolean),
        "startConferenceOnEnter": Row("start_on_enter", check.boolean),
        "endConferenceOnExit": Row("end_on_exit", check.boolean),
        "waitSound": Row("wait_sound", check.optional_url),
        "record": Row("record", check.boolean),
        "recordFileFormat": Row("record_format", _FORMAT),
        "digitsMatch": Row("digits_match", check.digits_match),
        "floorEvent": Row("floor_event", check.boolean),
        "relayDTMF": Row("relay_dtmf", check.boolean),
        **_TRANSCRIPTION,
        **_ACTION,
        **_CALLBACK,
    },
    refused={"sendDigits": _UNDOCUMENTED, "recordWhenAlone": _UNDOCUMENTED},
)

_SPEAK = Rule(
    build=Speak,
    content=Row("text", check.spoken),
    rows={
        "voice": Row("voice", check.voice),
        "language": Row("language", check.language),
        "loop": Row("loop", _LOOP),
    },
)

_PLAY = Rule(build=Play, content=Row("url", check.content_url), rows={"loop": Row("loop", _LOOP)})

_WAIT = Rule(
    build=Wait,
    rows={
        "length": Row("length_s", _SECONDS),
        "silence": Row("silence", check.boolean),
        "minSilence": Row("min_silence_ms", check.whole(1, check.MAX_SECONDS * 1000)),
        "beep": Row(NO_FIELD, check.only("false", "the beep of a voicemail is not detected")),
    },
)

_GET_DIGITS = Rule(
    build=Gather,
    children=_PROMPTS,
    child_field="prompts",
    rows={
        "numDigits": Row("max_digits", check.whole(1, 999)),
        "timeout": Row("timeout_s", _SECONDS),
        "digitTimeout": Row("digit_timeout_s", _SECONDS),
        "finishOnKey": Row("finish_on_key", check.finish_key),
        "retries": Row("tries", check.whole(1, 100)),
        "playBeep": Row("play_beep", check.boolean),
        "validDigits": Row("valid_digits", check.keys),
        "invalidDigitsSound": Row("invalid_digits_sound", check.optional_url),
        "log": Row("log", check.boolean),
        **_ACTION,
    },
)

_GET_INPUT = Rule(
    build=_input,
    children=_PROMPTS,
    child_field="prompts",
    rows={
        **_ACTION,
        "action": Row("action", check.url, required=True),
        "inputType": Row(NO_FIELD, check.only("dtmf", "speech is not recognised")),
        "executionTimeout": Row("total_timeout_s", check.whole(5, 60), default=15),
        "startInputTimeout": Row("timeout_s", check.whole(1, 60)),
        "digitEndTimeout": Row("digit_timeout_s", check.seconds_or_auto(2, 10), default=check.AUTO_DIGIT_TIMEOUT_S),
        "finishOnKey": Row("finish_on_key", check.finish_key),
        "numDigits": Row("max_digits", check.whole(1, 32), default=32),
        "retries": Row("tries", check.whole(1, 100)),
        "log": Row("log", check.boolean),
        # These belong to speech and have no effect on dtmf, at Plivo neither; its own samples write them.
        "speechEndTimeout": Row(NO_FIELD, check.seconds_or_auto(2, 10)),
        "speechModel": Row(NO_FIELD, check.plain),
        "hints": Row(NO_FIELD, check.plain),
        "language": Row(NO_FIELD, check.language),
        "profanityFilter": Row(NO_FIELD, check.boolean),
        "interimSpeechResultsCallback": Row(NO_FIELD, check.optional_url),
        "interimSpeechResultsCallbackMethod": Row(NO_FIELD, _METHOD),
    },
)

_RECORD = Rule(
    build=_recording,
    rows={
        "fileFormat": Row("file_format", _FORMAT),
        "timeout": Row("timeout_s", _SECONDS),
        "maxLength": Row("max_length_s", _SECONDS),
        "playBeep": Row("play_beep", check.boolean),
        "finishOnKey": Row("finish_on_keys", check.finish_keys),
        "recordSession": Row("session", check.boolean),
        "startOnDialAnswer": Row(NO_FIELD, check.only("false", "a recording starts when its verb runs")),
        "recordChannelType": Row(NO_FIELD, check.only("mono", "both parties are recorded on one channel")),
        **_TRANSCRIPTION,
        **_ACTION,
        **_CALLBACK,
    },
    refused={"transcriptionReportType": "transcriptions have one form"},
)

_DIAL = Rule(
    build=_dial,
    children=frozenset({"Number", "User"}),
    child_field="targets",
    rows={
        "timeout": Row("timeout_s", _SECONDS),
        "timeLimit": Row("time_limit_s", _LIMIT_S),
        "callerId": Row("caller_id", check.caller_id),
        "hangupOnStar": Row(NO_FIELD, check.only("false", "no key hangs up a dialled call")),
        "callType": Row(NO_FIELD, check.only("voice", "there are no other calls here")),
        **_ACTION,
    },
    refused={
        "callerName": "only the number of a caller is shown",
        "confirmSound": _CONNECTED_AT_ONCE,
        "confirmKey": _CONNECTED_AT_ONCE,
        "confirmTimeout": _CONNECTED_AT_ONCE,
        "dialMusic": "the caller hears ringback",
        "callbackUrl": "only action is called for a dialled call",
        "callbackMethod": "only action is called for a dialled call",
        "digitsMatch": _NO_DIAL_KEYS,
        "digitsMatchBLeg": _NO_DIAL_KEYS,
        "sipHeaders": _NO_HEADERS,
    },
)

_NO_TARGET_ATTRIBUTES = {
    "sendDigits": _NO_KEYS_SENT,
    "sendDigitsMode": _NO_KEYS_SENT,
    "sendOnPreanswer": _NO_KEYS_SENT,
    "sipHeaders": _NO_HEADERS,
}

_RULES: Final = {
    "Conference": _CONFERENCE,
    "Speak": _SPEAK,
    "Play": _PLAY,
    "Wait": _WAIT,
    "GetDigits": _GET_DIGITS,
    "GetInput": _GET_INPUT,
    "Record": _RECORD,
    "Dial": _DIAL,
    "Redirect": Rule(build=Redirect, content=Row("url", check.content_url), rows={"method": Row("method", _METHOD)}),
    "Hangup": Rule(
        build=Hangup,
        rows={
            "reason": Row("reason", check.one_of("rejected", "busy")),
            "schedule": Row("schedule_s", _SECONDS),
        },
    ),
    "PreAnswer": Rule(build=PreAnswer, children=_PROMPTS, child_field="prompts"),
    "DTMF": Rule(
        build=SendDigits, content=Row("digits", check.tones), rows={"async": Row("background", check.boolean)}
    ),
}

VERBS: Final = {
    "plivo": _RULES,
    "voxml": _RULES
    | {
        "Conference": replace(
            _CONFERENCE, rows={**_CONFERENCE.rows, "maxMembers": Row("max_members", check.whole(1, 20), default=10)}
        )
    },
}
SOUNDS: Final = {name: _RULES[name] for name in _PROMPTS}
# What stands only inside another element.
INNER: Final = {
    "Number": Rule(
        build=partial(Target, "number"), content=Row("address", check.number), refused=_NO_TARGET_ATTRIBUTES
    ),
    "User": Rule(
        build=partial(Target, "sip"),
        content=Row("address", check.sip_uri),
        refused=_NO_TARGET_ATTRIBUTES
        | {
            "webrtc": "only sip: and sips: are dialled",
            "sipAuthUsername": "no credentials of an app's are sent",
            "sipAuthPassword": "no credentials of an app's are sent",
        },
    ),
}
# Verbs of Plivo's that this gateway does not do, to be refused by that name.
UNDONE: Final = frozenset({"Message", "MultiPartyCall", "Stream"})
