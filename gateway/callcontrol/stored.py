"""A document as it is kept in the database, so that a call is taken up where it stood. In and out: exact JSON text.

Every field is written, defaults too: a call goes on as it began when a later version has other defaults.
"""

import json
from dataclasses import fields
from typing import Any, Final

from gateway.domain.verbs import (
    Conference,
    Dial,
    Document,
    Gather,
    Hangup,
    Hold,
    Mute,
    Play,
    PreAnswer,
    Record,
    Redirect,
    Resume,
    SendDigits,
    Speak,
    StartRecording,
    StopRecording,
    Target,
    Unmute,
    Verb,
    Wait,
)
from gateway.errors import DocumentError

VERSION: Final = 1

_KINDS: Final[dict[str, type[Any]]] = {
    "speak": Speak,
    "play": Play,
    "wait": Wait,
    "pre_answer": PreAnswer,
    "gather": Gather,
    "record": Record,
    "start_recording": StartRecording,
    "stop_recording": StopRecording,
    "dial": Dial,
    "target": Target,
    "redirect": Redirect,
    "hangup": Hangup,
    "send_digits": SendDigits,
    "hold": Hold,
    "resume": Resume,
    "mute": Mute,
    "unmute": Unmute,
    "conference": Conference,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_KIND: Final = "="  # no field of a verb can be called so


def to_json(document: Document) -> str:
    kept = {"version": VERSION, "verbs": [_kept(verb) for verb in document.verbs]}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Document:
    """DocumentError when another version of the gateway wrote what this one does not know."""
    try:
        kept = json.loads(text)
        if kept["version"] != VERSION:
            raise ValueError(f"version {kept['version']}")
        return Document(tuple(_verb(verb) for verb in kept["verbs"]))
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise DocumentError(f"the stored document cannot be read: {fault!r}") from None


def _kept(value: Any) -> Any:
    if type(value) in _NAMES:
        # Not asdict(): it would lose which verb a nested one is.
        return {_KIND: _NAMES[type(value)]} | {row.name: _kept(vars(value)[row.name]) for row in fields(value)}
    if isinstance(value, tuple):
        return [_kept(item) for item in value]
    return value


def _verb(kept: Any) -> Verb:
    verb = _value(kept)
    if not isinstance(verb, Verb):
        raise TypeError(f"{verb!r} is not a verb")
    return verb


def _value(kept: Any) -> Any:
    if isinstance(kept, dict):
        return _KINDS[kept[_KIND]](**{name: _value(value) for name, value in kept.items() if name != _KIND})
    if isinstance(kept, list):
        return tuple(_value(item) for item in kept)
    return kept
