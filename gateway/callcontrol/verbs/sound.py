"""Speak, Play, Wait, PreAnswer: what the caller hears. A sound that cannot be played is told, and the flow goes on."""

import logging
from collections.abc import Iterator

from gateway.callcontrol.performer import GO_ON, LedCall, Next
from gateway.domain.events import Event
from gateway.domain.verbs import Play, PreAnswer, Prompt, Speak, Wait
from gateway.errors import InvalidInput, MediaError, UnsafeArgument
from gateway.services import announcements, legs

log = logging.getLogger(__name__)
FAULTS = (MediaError, InvalidInput, UnsafeArgument)


def speak(call: LedCall, verb: Speak) -> Next:
    call.answer()
    return _looped(call, verb)


def play(call: LedCall, verb: Play) -> Next:
    call.answer()
    return _looped(call, verb)


def wait(call: LedCall, verb: Wait) -> Next:
    """A document that begins with it lets the phone ring so long, as at Plivo; but silence needs an answered call."""
    if verb.silence:
        call.answer()
    _wait(call, verb)
    return GO_ON


def pre_answer(call: LedCall, verb: PreAnswer) -> Next:
    call.pre_answer()
    events: tuple[Event, ...] = ()
    for prompt in verb.prompts:
        if isinstance(prompt, Wait):
            _wait(call, prompt)
        else:
            events += _looped(call, prompt).events
    return Next(events=events)


def _wait(call: LedCall, verb: Wait) -> None:
    if verb.silence and verb.min_silence_ms < verb.length_s * 1000:
        argument = legs.silence_argument(legs.QUIET, verb.min_silence_ms, verb.length_s * 1000)
        call.step("wait_for_silence", argument)
    else:
        call.step("sleep", str(verb.length_s * 1000))


def sounds_of(call: LedCall, prompts: tuple[Prompt, ...]) -> tuple[list[str], tuple[Event, ...]]:
    """Prompts as sounds to be played in one go, and what could not be. What the switch would forget is left out."""
    sounds: list[str] = []
    events: tuple[Event, ...] = ()
    for prompt in prompts:
        if (room := legs.MAX_PARTS - len(sounds)) <= 0:
            break
        if isinstance(prompt, Wait):
            sounds.append(f"silence_stream://{prompt.length_s * 1000}")
            continue
        try:
            sounds += [_sound(call, prompt)] * min(prompt.loop or room, room)
        except FAULTS as error:
            events += (_failed(call, prompt, error.message),)
    return sounds, events


def _looped(call: LedCall, prompt: Speak | Play) -> Next:
    for number in _times(prompt.loop):
        began = call.now_ms()
        try:
            sound = legs.playback([_sound(call, prompt)])
        except FAULTS as error:
            return Next(events=(_failed(call, prompt, error.message),))
        reason = call.step("playback", sound, legs.NO_KEY_STOPS)["response"]
        if reason:
            return Next(events=(_failed(call, prompt, reason),))
        endless = not prompt.loop or number >= legs.SHORT_ROUNDS
        if endless and call.now_ms() - began < legs.SHORT_MS:
            call.step("sleep", str(legs.PAUSE_MS))
    return GO_ON


def _times(loop: int) -> Iterator[int]:
    number = 0
    while not loop or number < loop:
        yield number
        number += 1


def _sound(call: LedCall, prompt: Speak | Play) -> str:
    if isinstance(prompt, Speak):
        return call.spoken(prompt.text, prompt.voice, prompt.language)
    return call.playable(prompt.url)


def _failed(call: LedCall, prompt: Speak | Play, reason: str) -> Event:
    url = prompt.url if isinstance(prompt, Play) else ""
    log.warning("app %s: call %s: not played: %s %s", call.app.id, call.session.id, url or "a text", reason)
    return announcements.playback_failed(call.session, url, reason, call.now_ms())
