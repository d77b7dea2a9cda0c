"""Dialling: a dial string in; the first leg that answers, or the cause why none did, out."""

from collections.abc import Callable

from gateway.simulator.calls import Call
from gateway.simulator.clock import Timer
from gateway.simulator.core import Core
from gateway.simulator.endpoints import DialFailed, Endpoints, Leg, parse_dial_string

Result = Callable[[Call | None, str], None]
SUCCESS = "SUCCESS"


class Attempt:
    """One dialling. Groups of legs one after the other, the legs of a group at once; the losers are hung up."""

    def __init__(
        self, core: Core, endpoints: Endpoints, text: str, timeout_s: float, originator: Call | None, result: Result
    ) -> None:
        self._core, self._endpoints, self._originator = core, endpoints, originator
        self._groups = parse_dial_string(text)
        first = self._groups[0][0].variables if self._groups and self._groups[0] else {}
        said = first.get("originate_timeout") or first.get("call_timeout") or ""
        self._timeout_s = float(said) if said.isdigit() else timeout_s
        self._result: Result | None = result
        self._ringing: list[Call] = []
        self._cause = "NORMAL_UNSPECIFIED"
        self._timer: Timer | None = None

    def start(self) -> None:
        self._timer = self._core.clock.after(self._timeout_s, self._timed_out)
        self._next_group()

    def cancel(self, cause: str = "ORIGINATOR_CANCEL") -> None:
        self._finish(None, cause)

    def _next_group(self) -> None:
        while self._result is not None and self._groups:
            group = self._groups.pop(0)
            started = [pair for leg in group if (pair := self._create(leg)) is not None]
            for call, leg in started:
                self._endpoints.launch(call, leg)
            if self._result is None or self._ringing:
                return
        self._finish(None, self._cause)

    def _create(self, leg: Leg) -> tuple[Call, Leg] | None:
        try:
            call = self._endpoints.create(leg, self._originator)
        except DialFailed as failed:
            self._cause = str(failed)
            return None
        self._ringing.append(call)
        call.on_answer.append(self._answered)
        call.on_hangup.append(self._hung_up)
        timeout = leg.variables.get("leg_timeout", "")
        if timeout.isdigit():
            self._core.clock.after(float(timeout), self._leg_timed_out, call)
        return call, leg

    def _answered(self, call: Call) -> None:
        self._finish(call, SUCCESS)

    def _hung_up(self, call: Call) -> None:
        if self._result is None or call not in self._ringing:
            return
        self._ringing.remove(call)
        self._cause = call.cause
        if not self._ringing:
            # not now: the hangup is still being told
            self._core.clock.after(0, self._next_group if self._groups else self._finish, *self._no_more())

    def _no_more(self) -> tuple[object, ...]:
        return () if self._groups else (None, self._cause)

    def _leg_timed_out(self, call: Call) -> None:
        if self._result is not None and call in self._ringing:
            call.hangup("NO_ANSWER")

    def _timed_out(self) -> None:
        self._groups.clear()
        self._finish(None, "NO_ANSWER")

    def _finish(self, winner: Call | None, cause: str) -> None:
        if self._result is None:
            return
        result, self._result = self._result, None
        if self._timer is not None:
            self._timer.cancel()
        losers, self._ringing = [c for c in self._ringing if c is not winner], []
        for call in losers:
            call.hangup("LOSE_RACE" if winner is not None else cause)
        result(winner, cause)
