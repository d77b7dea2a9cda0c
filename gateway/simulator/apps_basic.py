"""The plain dialplan applications: set, answer, hangup, sleep, park and the like; each ends by itself or is told to."""

from collections.abc import Callable

from gateway.simulator.calls import NO_RESPONSE, Application, Call
from gateway.simulator.clock import Timer


class Instant(Application):
    """Does its one thing to the call and is done."""

    def __init__(self, act: Callable[[Call, str], None], call: Call, name: str, data: str, uuid: str) -> None:
        super().__init__(call, name, data, uuid)
        self._act = act

    def begin(self) -> None:
        self._act(self.call, self.data)
        self.done()


def set_variable(call: Call, data: str) -> None:
    name, _, value = data.partition("=")
    call.set_variable(name.strip(), value)


def unset_variable(call: Call, data: str) -> None:
    call.set_variable(data.strip(), None)


def set_many(call: Call, data: str) -> None:
    """`^^:a=1:b=2` or `a=1 b=2`."""
    separator = data[2] if data.startswith("^^") and len(data) > 2 else " "
    for item in (data[3:] if separator != " " else data).split(separator):
        if "=" in item:
            set_variable(call, item)


def unset_many(call: Call, data: str) -> None:
    for name in data.split():
        call.set_variable(name, None)


def answer(call: Call, data: str) -> None:
    call.answer()


def pre_answer(call: Call, data: str) -> None:
    call.pre_answer()


def ring_ready(call: Call, data: str) -> None:
    call.ring()


def hang_up(call: Call, data: str) -> None:
    call.hangup(data or "NORMAL_CLEARING")


def respond(call: Call, data: str) -> None:
    call.hangup("NORMAL_TEMPORARY_FAILURE" if data.startswith("5") else "CALL_REJECTED")


def nothing(call: Call, data: str) -> None:
    """log, info, …: nothing that a listener could see."""


INSTANT: dict[str, Callable[[Call, str], None]] = {
    "set": set_variable,
    "export": set_variable,
    "unset": unset_variable,
    "multiset": set_many,
    "multiunset": unset_many,
    "answer": answer,
    "pre_answer": pre_answer,
    "ring_ready": ring_ready,
    "hangup": hang_up,
    "respond": respond,
    "log": nothing,
    "info": nothing,
    "start_dtmf": nothing,
    "stop_dtmf": nothing,
    "jitterbuffer": nothing,
    "flush_dtmf": nothing,
    "eval": nothing,
    "event": nothing,
}


class Timed(Application):
    """Something that lasts; subclasses say what happens at its end."""

    breakable = True

    def __init__(self, call: Call, name: str, data: str, uuid: str = "") -> None:
        super().__init__(call, name, data, uuid)
        self._timer: Timer | None = None

    def later(self, delay_s: float, run: Callable[..., None], *args: object) -> None:
        self.cancel()
        self._timer = self.call.core.clock.after(delay_s, run, *args)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def interrupt(self, why: str) -> None:
        self.cancel()
        self.done()

    def done(self, response: str = NO_RESPONSE) -> None:
        self.cancel()
        super().done(response)


class Sleep(Timed):
    """What begins inside it is done in its own loop: it ends behind that, however late."""

    def begin(self) -> None:
        milliseconds = int(self.data) if self.data.isdigit() else 0
        self.later(milliseconds / 1000, self._over)

    def _over(self) -> None:
        if self.call.stack[-1] is self:
            self.done()
        else:
            self.later(self.call.core.tick_s, self._over)


class WaitForSilence(Timed):
    """`threshold silence_hits listen_hits timeout_ms`: frames of 20 ms, and 25 more behind the silence."""

    needs_media = True

    def begin(self) -> None:
        words = [int(word) if word.isdigit() else 0 for word in self.data.split()]
        if len(words) < 4 or not words[0] or not words[1]:
            self.done()
            return
        self._silence_s = (words[1] + 25) * 0.02
        call = self.call
        self._limit = call.core.clock.after(words[3] / 1000, self.done) if words[3] else None
        call.on_loudness.append(self._heard)
        self._heard(call)

    def _heard(self, call: Call) -> None:
        self.cancel()
        if not call.loud:
            self.later(self._silence_s, self.done)

    def done(self, response: str = NO_RESPONSE) -> None:
        if self._heard in self.call.on_loudness:
            self.call.on_loudness.remove(self._heard)
            if self._limit is not None:
                self._limit.cancel()
        super().done(response)


class Park(Timed):
    """Stays until it is told otherwise. park_timeout=N[:CAUSE] is read and forgotten when the park begins."""

    def begin(self) -> None:
        call = self.call
        timeout, _, cause = call.variable("park_timeout").partition(":")
        call.set_variable("park_timeout", None)
        call.fire("CHANNEL_PARK")
        if timeout.isdigit() and int(timeout) > 0:
            self.later(int(timeout), call.hangup, cause or "NORMAL_CLEARING")

    breakable = False

    def interrupt(self, why: str) -> None:
        self.call.fire("CHANNEL_UNPARK")
        super().interrupt(why)
