"""What a number leads to: an inline list, an extension of the configured dialplan, or how a dialled phone behaves."""

import re
from dataclasses import dataclass

from gateway.simulator.calls import Call, Step
from gateway.simulator.wire import split_arguments

ANSWER, RING, FAIL = "answer", "ring", "fail"


@dataclass(frozen=True)
class Outcome:
    """How a phone that is called behaves: answers, rings for ever, or fails at once with a cause."""

    kind: str
    cause: str = ""


# By the name that is dialled, or by the end of a number: SIP's own codes, with a 0 before.
_OUTCOMES = {
    "busy": Outcome(FAIL, "USER_BUSY"),
    "noanswer": Outcome(RING),
    "nobody": Outcome(FAIL, "NORMAL_TEMPORARY_FAILURE"),
    "unreachable": Outcome(FAIL, "NORMAL_TEMPORARY_FAILURE"),
    "reject": Outcome(FAIL, "CALL_REJECTED"),
    "unallocated": Outcome(FAIL, "UNALLOCATED_NUMBER"),
    "0486": Outcome(FAIL, "USER_BUSY"),
    "0480": Outcome(RING),
    "0503": Outcome(FAIL, "NORMAL_TEMPORARY_FAILURE"),
    "0603": Outcome(FAIL, "CALL_REJECTED"),
    "0404": Outcome(FAIL, "UNALLOCATED_NUMBER"),
}
_NUMBER = re.compile(r"\+?\d{5,}")

_EXTENSIONS: dict[str, list[Step]] = {
    "answerer": [("answer", ""), ("park", "")],
    "noanswer": [("ring_ready", ""), ("sleep", "60000")],
    "talker": [
        ("answer", ""),
        ("playback", "silence_stream://1500"),
        ("playback", "tone_stream://v=-3;%(2000,0,700)"),
        ("playback", "silence_stream://60000"),
    ],
}


def outcome_of(dialled: str) -> Outcome:
    key = dialled[-4:] if _NUMBER.fullmatch(dialled) else dialled.lower()
    return _OUTCOMES.get(key, Outcome(ANSWER))


def inline_steps(text: str) -> list[Step]:
    """`app:data,app:data`; `m:^:app:data^app:data` chooses another separator."""
    separator = ","
    if text.startswith("m:") and len(text) > 4:
        separator, text = text[2], text[4:]
    steps = []
    for item in split_arguments(text, separator):
        name, _, data = item.strip(" ").partition(":")
        if name:
            steps.append((name, data))
    return steps


def steps_for(call: Call, destination: str, dialplan: str) -> list[Step]:
    """Callers from outside park; a number inside is an extension or a phone."""
    if dialplan == "inline":
        return inline_steps(destination)
    if call.profile.context == "public":
        return list(call.core.options.public_dialplan)
    if destination in _EXTENSIONS:
        return list(_EXTENSIONS[destination])
    outcome = outcome_of(destination)
    if outcome.kind == FAIL:
        return [("hangup", outcome.cause)]
    return [("ring_ready", ""), ("sleep", "60000")] if outcome.kind == RING else [("answer", ""), ("park", "")]
