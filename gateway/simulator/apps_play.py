"""Applications that play to one call: playback, speak, play_and_get_digits; sounds open outside the model."""

import re
from collections.abc import Callable

import gevent

from gateway.simulator.apps_basic import Timed
from gateway.simulator.calls import BREAK, NO_RESPONSE
from gateway.simulator.events import Pair
from gateway.simulator.numbers import whole_number
from gateway.simulator.sounds import ENDLESS, Sound, SoundMissing, is_local, open_sound, speech_seconds

PLAYED, NOT_FOUND, BROKEN = "FILE PLAYED", "FILE NOT FOUND", "PLAYBACK ERROR"


class Player(Timed):
    """Plays one sound at a time on the call; remembers where it is, so that it can be paused."""

    needs_media = True
    sound: Sound | None = None
    _left_s = 0.0
    _started_at = 0.0
    paused = False

    def open(self, text: str, opened: Callable[[Sound | None], None]) -> None:
        if is_local(text):
            opened(self._try(text))
        else:  # a download waits, and the model never does
            gevent.spawn(lambda: self.call.core.clock.after(0, self._opened, self._try(text), opened))

    def _try(self, text: str) -> Sound | None:
        try:
            return open_sound(text, self.call.core.options)
        except SoundMissing:
            return None

    def _opened(self, sound: Sound | None, opened: Callable[[Sound | None], None]) -> None:
        if self in self.call.stack:
            opened(sound)

    def _kind(self) -> list[Pair]:
        scheme, found, _ = (self.sound.text if self.sound else "").partition("://")
        return [("Playback-File-Type", scheme)] if found and scheme == "tone_stream" else []

    def play(self, sound: Sound) -> None:
        self.sound = sound
        self.call.fire("PLAYBACK_START", *self._kind(), ("Playback-File-Path", sound.text))
        self._hear(sound.loud)
        self._left_s = sound.seconds
        self._run()

    def _run(self) -> None:
        self._started_at = self.call.core.clock.now()
        if self._left_s != ENDLESS:
            self.later(self._left_s, self._ended)

    def toggle_pause(self) -> None:
        if self.sound is None:
            return
        self.paused = not self.paused
        if self.paused:
            self.cancel()
            self._left_s -= self.call.core.clock.now() - self._started_at
        else:
            self._run()

    def restart(self) -> None:
        self.seek("0")

    def seek(self, value: str) -> None:
        """To that many milliseconds, or with a sign by so many."""
        if self.sound is None:
            return
        running = not self.paused
        if running:
            self.toggle_pause()
        amount_s = whole_number(value) / 1000
        left_s = self._left_s - amount_s if value[:1] in ("+", "-") else self.sound.seconds - amount_s
        self._left_s = min(self.sound.seconds, max(0.0, left_s))
        if running:
            self.toggle_pause()

    def _hear(self, loud: bool) -> None:
        peer = self.call.peer
        if peer is not None:
            peer.set_loud(loud)

    def _ended(self) -> None:
        self.close("done")
        self.played()

    def close(self, status: str) -> None:
        """PLAYBACK_STOP, if something plays."""
        self.cancel()
        if self.sound is None:
            return
        sound, kind = self.sound, self._kind()
        self.sound = None
        self._hear(False)
        self.call.fire("PLAYBACK_STOP", *kind, ("Playback-File-Path", sound.text), ("Playback-Status", status))

    def played(self) -> None:
        self.done(PLAYED)

    def interrupt(self, why: str) -> None:
        was_playing = self.sound is not None
        self.close("break" if why == BREAK or self.call.up else "done")
        self.done(self.response(why) if was_playing else NO_RESPONSE)

    def response(self, why: str) -> str:
        return PLAYED


class Playback(Player):
    def begin(self) -> None:
        self.open(self.data, self._start)

    def _start(self, sound: Sound | None) -> None:
        if sound is None:
            self.done(NOT_FOUND)
        else:
            self.play(sound)

    def response(self, why: str) -> str:
        """A transfer or a hangup breaks it off; a break ends it as if it were through."""
        return PLAYED if why == BREAK else BROKEN

    def digit(self, digit: str) -> None:
        """playback_terminators, `*` unless it says otherwise."""
        terminators = self.call.variable("playback_terminators") or "*"
        if terminators == "any" or (terminators != "none" and digit in terminators):
            self.call.set_variable("playback_terminator_used", digit)
            self.interrupt(BREAK)


class EndlessPlayback(Playback):
    def played(self) -> None:
        self.begin()


class Speak(Timed):
    """`engine|voice|text`; takes about as long as a voice would."""

    needs_media = True

    def begin(self) -> None:
        text = self.data.rsplit("|", 1)[-1]
        self.later(self.call.core.options.speech_open_s + speech_seconds(text), self.done)


class PlayAndGetDigits(Player):
    """`min max tries timeout_ms terminators file invalid_file variable regexp [digit_timeout_ms]`."""

    def begin(self) -> None:
        words = self.data.split(" ")
        if len(words) < 8:
            self.done()
            return
        numbers = [int(word) if word.isdigit() else 0 for word in words[:4]]
        self._least, self._most, self._tries, self._timeout_ms = numbers
        self._terminators = "" if words[4] == "none" else words[4]
        self._file, self._invalid, self._variable = words[5:8]
        self._pattern = words[8] if len(words) > 8 else ""
        digit_timeout = words[9] if len(words) > 9 else ""
        self._digit_timeout_ms = int(digit_timeout) if digit_timeout.isdigit() else self._timeout_ms
        self._digits = ""
        self._ask()

    def _ask(self) -> None:
        self._digits = ""
        self._tries -= 1
        self.open(self._file, self._start)

    def _start(self, sound: Sound | None) -> None:
        if sound is None:
            self.played()
        else:
            self.play(sound)

    def played(self) -> None:
        """The prompt is through, or was interrupted by a key: wait for the keys."""
        if self._digits:
            self.later(self._digit_timeout_ms / 1000, self._complete, "")
        else:
            self.later(self._timeout_ms / 1000, self._complete, "")

    def digit(self, digit: str) -> None:
        self.close("break")
        if digit in self._terminators:
            self._complete(digit, "success")
            return
        self._digits += digit
        if len(self._digits) >= self._most:
            self._complete("", "success")
        else:
            self.later(self._digit_timeout_ms / 1000, self._complete, "")

    def interrupt(self, why: str) -> None:
        """A break ends the prompt only: keys are still awaited behind it."""
        if why == BREAK and self.sound is not None:
            self.close("break")
            self.played()
        else:
            super().interrupt(why)

    def _complete(self, terminator: str, result: str = "timeout") -> None:
        """Too few keys stay in the variable, with the result `failure`; enough, and no more in time, are `timeout`."""
        self.cancel()
        self.call.set_variable("read_terminator_used", terminator)
        long_enough = len(self._digits) >= self._least
        valid = not self._pattern or bool(re.fullmatch(self._pattern, self._digits))
        if not (long_enough and valid) and self._tries > 0:
            self._ask()
            return
        self.call.set_variable(self._variable, (self._digits or None) if valid or not long_enough else None)
        if not valid and self._digits:
            self.call.set_variable(f"{self._variable}_invalid", self._digits)
        self.call.set_variable("read_result", result if long_enough and valid else "failure")
        self.done()
