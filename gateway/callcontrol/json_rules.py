"""The tables of JSON actions: MiniVoice's fields, each with its field of a verb, its check and its default.

Sources: contracts/minivoice-conference-action.txt for conference, doc.minivoice.eu/docs/actions for the others.
"""

from typing import Any, Final

from gateway.callcontrol import attribute_checks as check
from gateway.callcontrol.json_values import boolean, prose, text, whole
from gateway.callcontrol.rules import Row, Rule
from gateway.domain.verbs import (
    Conference,
    Dial,
    Gather,
    Hangup,
    Hold,
    Mute,
    Redirect,
    Resume,
    SendDigits,
    Speak,
    StartRecording,
    StopRecording,
    Target,
    Unmute,
)

_MAX_DIGITS: Final = 32
_DIRECTION = {"direction": Row("direction", text(check.one_of("read", "write", "both")), required=True)}


def _gather(
    prompt: str = "",
    num_digits: int | None = None,
    min_digits: int | None = None,
    max_digits: int | None = None,
    timeout_s: int = 5,
    finish_on_key: str = "#",
) -> Gather:
    """num_digits asks for exactly so many; min_digits and max_digits widen it. One time holds for all keys."""
    least = min_digits or num_digits or 1
    most = max_digits or num_digits or least
    if least > most:
        raise ValueError(f"asks for at least {least} digits and at most {most}")
    return Gather(
        prompts=(Speak(prompt),) if prompt else (),
        min_digits=least,
        max_digits=most,
        timeout_s=timeout_s,
        digit_timeout_s=timeout_s,
        total_timeout_s=timeout_s,
        finish_on_key=finish_on_key,
    )


def _connect(to: Target | None = None, destination: Target | None = None, **values: Any) -> Dial:
    """`to` in MiniVoice's examples, `destination` in its tables. What follows is not run: the caller is connected."""
    found = [target for target in (to, destination) if target]
    if len(found) != 1:
        raise ValueError("needs a destination" if not found else "has both to and destination")
    return Dial(targets=(found[0],), final=True, **values)


_CONNECT_ROWS = {
    "to": Row("to", text(check.target)),
    "destination": Row("destination", text(check.target)),
    "from": Row("caller_id", text(check.caller_id)),
    "timeout_seconds": Row("timeout_s", whole(1, check.MAX_SECONDS)),
}

ACTIONS: Final = {
    "say": Rule(build=Speak, rows={"text": Row("text", prose, required=True)}),
    "gather": Rule(
        build=_gather,
        rows={
            "prompt": Row("prompt", prose),
            "num_digits": Row("num_digits", whole(1, _MAX_DIGITS)),
            "max_digits": Row("max_digits", whole(1, _MAX_DIGITS)),
            "min_digits": Row("min_digits", whole(1, _MAX_DIGITS)),
            "timeout_seconds": Row("timeout_s", whole(1, 30)),
            "finish_on_key": Row("finish_on_key", text(check.finish_key)),
        },
    ),
    "send_digits": Rule(
        build=SendDigits,
        rows={
            "digits": Row("digits", text(check.more_tones), required=True),
            "pause_before_ms": Row("pause_before_ms", whole(0, 60_000)),
        },
        fixed={"background": False},  # the next action waits until the keys are sent
    ),
    "redirect": Rule(
        build=Redirect,
        rows={
            "url": Row("url", text(check.url), required=True),
            "method": Row("method", text(check.one_of("GET", "POST")), default="GET"),
            "max_redirects": Row("max_redirects", whole(0, 20)),
        },
    ),
    "transfer": Rule(build=_connect, rows=_CONNECT_ROWS),
    "bridge": Rule(build=_connect, rows=_CONNECT_ROWS),
    "conference": Rule(
        build=Conference,
        rows={
            "room": Row("room", text(check.room_name), required=True),
            "mute": Row("muted", boolean),
            "end_on_exit": Row("end_on_exit", boolean),
        },
    ),
    "hold": Rule(build=Hold),
    "resume": Rule(build=Resume),
    "mute": Rule(build=Mute, rows=_DIRECTION),
    "unmute": Rule(build=Unmute, rows=_DIRECTION),
    "start_recording": Rule(build=StartRecording),
    "stop_recording": Rule(build=StopRecording),
    "hangup": Rule(build=Hangup),
}
# Actions of MiniVoice's that this gateway does not do, to be refused by that name.
UNDONE: Final = frozenset({"start_stream", "stop_stream"})
