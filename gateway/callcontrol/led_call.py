"""One led call, as its performers see it: steps are committed, sent, and waited for; what was done is not done again.

In: what the runner wakes it for. Out: results of steps, CallOver when the caller is gone.
"""

import logging
from collections.abc import Callable, Mapping

from gevent import Greenlet
from gevent.event import Event as Signal

from gateway.callcontrol.performer import CallOver
from gateway.callcontrol.tools import Tools
from gateway.domain.apps import App
from gateway.domain.flow import Flow, Joining, StepResult
from gateway.domain.ids import new_uuid
from gateway.domain.room import Room
from gateway.domain.session import CREATED, Session
from gateway.errors import MediaError, SwitchError, SwitchTimeout, SwitchUnavailable
from gateway.services.document_dials import DocumentDials
from gateway.services.document_recordings import DocumentRecordings
from gateway.services.flows import ROOM, Lost, Stand
from gateway.services.led import call_parameters
from gateway.services.legs import Legs, Sight
from gateway.services.resolving import Resolving

log = logging.getLogger(__name__)
LOOK_EVERY_S = 20.0  # how long a step may be silent before the leg is looked at
AWAY_WAIT_S = 1.0
HANGUP_WAIT_S = 2.0
TAKE_OVER_LIMIT_S = 5.0
_NONE: Mapping[str, str] = {}
APOLOGY = "gateway:apology"  # no document can name it: its URLs begin with http


class Led:
    """See performer.LedCall. `flow` is the row as this runner last wrote or read it."""

    def __init__(self, tools: Tools, app: App, stand: Stand, moved: Signal) -> None:
        self._tools = tools
        self._app = app
        self._moved = moved
        self._sent = ""  # the step that this process sent
        self._step = 0  # the next step of the verb that runs
        self._answered = False
        self._resolving = Resolving()
        self.take(stand)

    def take(self, stand: Stand) -> None:
        self._stand = stand
        self.flow: Flow = stand.flow

    def begin_verb(self) -> None:
        self._step = 0

    # -- what performers use

    @property
    def session(self) -> Session:
        return self._stand.session

    @property
    def app(self) -> App:
        return self._app

    def is_over(self) -> bool:
        return self.flow.ended or self.session.ended_at is not None

    def parameters(self, **more: str) -> dict[str, str]:
        params = call_parameters(self.session)
        if self._answered and params["CallStatus"] == "ringing":
            params["CallStatus"] = "in-progress"
        return {**params, **more}

    def now_ms(self) -> int:
        return self._tools.clock.now_ms()

    def answer(self) -> None:
        self._require()
        if not self._is_answered():
            self._persistently(lambda: self._tools.legs.answer(self.session))
            self._answered = True

    def pre_answer(self) -> None:
        self._require()
        if not self._is_answered():
            self._persistently(lambda: self._tools.legs.pre_answer(self.session))

    def playable(self, url: str) -> str:
        return self._tools.apology() if url == APOLOGY else self._had(lambda: self._tools.playable(url, self._app.id))

    def spoken(self, text: str, voice: str, language: str) -> str:
        return self._had(lambda: self._tools.spoken(text, voice, language, self._app.id))

    def leg(self) -> Legs:
        return self._tools.legs

    def dials(self) -> tuple[DocumentDials, str]:
        return self._tools.dials, f"{self.flow.documents}.{self.flow.position}"

    @property
    def verb_id(self) -> str:
        return f"{self.session.id} {self.flow.documents} {self.flow.position}"

    def recordings(self) -> DocumentRecordings:
        return self._tools.recordings

    def step(
        self, application: str, argument: str, variables: Mapping[str, str] = _NONE, after_hangup: bool = False
    ) -> StepResult:
        number = self._next_step()
        while self.flow.steps <= number:
            if self.is_over():
                return self._ended(after_hangup)
            if not self.flow.step_uuid:
                self.until_free()
                if self.is_over():
                    continue
                self.flow = self._tools.flows.begin_step(self.flow, new_uuid(), argument)
                self._send(application, argument, variables)
            elif self._sent != self.flow.step_uuid:
                self._look(application, argument, variables)
            else:
                self._wait_for_step(number)
        result = self._result(number)
        return self._ended(after_hangup) if result["hung_up"] and not after_hangup else result

    def room_sound(self, sound: str) -> str:
        return self._had(lambda: self._tools.room_sounds.sound(self._app, self.session, sound, self.parameters()))

    def room(self, name: str) -> Room | None:
        return self._tools.rooms.named(self.session, name)

    def has_begun(self) -> bool:
        return self.flow.steps > self._step or bool(self.flow.step_uuid)

    def is_let_in(self) -> bool:
        if self.flow.steps > self._step:
            return "room_id" in self.flow.results.get(str(self._step), {})
        return self.flow.step_kind == ROOM and bool(self.flow.step_uuid)

    def join(self, make: Callable[[], Joining]) -> StepResult:
        number = self._next_step()
        while self.flow.steps <= number:
            if self.is_over():
                return StepResult(hung_up="true")
            if not self.flow.step_uuid:
                joining = make()  # may fetch
                self.until_free()
                if not self.is_over():
                    self._enter(joining)
            else:
                self._wait(LOOK_EVERY_S)
        self.until_free()
        return self._result(number)

    def once(self, what: str, act: Callable[[], None]) -> None:
        number = self._next_step()
        if self.flow.steps > number:
            return
        self.until_free()
        self._require()
        if not self.flow.step_uuid:
            self.flow = self._tools.flows.begin_step(self.flow, new_uuid(), what)
            self._persistently(act)
        self.flow = self._tools.flows.end_step(self.flow, {})

    # -- what the runner uses

    def hang_up(self, cause: str) -> None:
        """Sent, and waited for a moment."""
        try:
            self._tools.legs.hang_up(self.session, cause)
        except SwitchError as error:
            log.warning("%s: not hung up: %s", self.session.id, error.message)
        self._wait(HANGUP_WAIT_S)

    def until(self, asking: Greenlet, must: bool) -> None:
        """A request under way is over; one for a caller who hung up meanwhile is abandoned unless it must be made."""
        asking.rawlink(lambda _greenlet: self._moved.set())
        while not asking.ready():
            self._wait(LOOK_EVERY_S)
            if self.is_over() and not must:
                return
        self.refresh()

    # -- how

    def _had(self, work: Callable[[], str]) -> str:
        """A sound on its way here; for a caller who has hung up it is not waited for, nor are those behind it."""
        found = self._resolving.run(self.session.id, self._is_there, work)
        if found is None:
            raise MediaError("the caller hung up")
        return found

    def _is_there(self) -> bool:
        self.refresh()
        return not self.is_over()

    def _is_answered(self) -> bool:
        return self._answered or self.session.state != CREATED

    def _next_step(self) -> int:
        self._step += 1
        return self._step - 1

    def _result(self, number: int) -> StepResult:
        return StepResult(self.flow.results.get(str(number), {}))

    def _ended(self, after_hangup: bool) -> StepResult:
        if after_hangup:
            return StepResult(hung_up="true")
        raise CallOver

    def _require(self) -> None:
        if self.is_over():
            raise CallOver

    def _send(self, application: str, argument: str, variables: Mapping[str, str]) -> None:
        """What was not sent, or may have been, is looked for."""
        try:
            self._tools.legs.execute(self.session, application, argument, self.flow.step_uuid, variables)
            self._sent = self.flow.step_uuid
        except SwitchError as error:
            log.warning("%s: %s may not have been sent: %s", self.session.id, application, error.message)
            self._wait(AWAY_WAIT_S)

    def _look(self, application: str, argument: str, variables: Mapping[str, str]) -> None:
        """A step of a process before us, or one that is silent for long: `uuid_dump` decides whether it is over."""
        step_uuid = self.flow.step_uuid
        try:
            seen = self._tools.legs.look(self.session, step_uuid, argument)
        except SwitchError:
            self._wait(AWAY_WAIT_S)
            return
        self.refresh()
        if self.flow.step_uuid != step_uuid:
            return
        if seen.sight is Sight.DONE:
            self.flow = self._tools.flows.end_step(self.flow, seen.result)
        elif seen.sight is Sight.NOT_BEGUN:
            self._send(application, argument, variables)
        else:
            self._sent = step_uuid
            self._wait(LOOK_EVERY_S)

    def _enter(self, joining: Joining) -> None:
        self.flow, room = self._tools.flows.begin_stay(self._stand, new_uuid(), joining)
        if room is not None:
            self._tools.rooms.join(self.session, room, joining)

    def until_free(self) -> None:
        """Not in a room by an app's own command: an application would cut it off from that room. And ours."""
        waited_since = self.now_ms()
        self.refresh()
        while not self.is_over():
            taken_over = self.session.taken_over or self.now_ms() - waited_since > 1000 * TAKE_OVER_LIMIT_S
            if self._stand.seat is None and taken_over:
                return
            self._wait(LOOK_EVERY_S if taken_over else TAKE_OVER_LIMIT_S)

    def until_taken(self) -> None:
        """On hold behind the last verb: till the caller hangs up, or a command puts the call into a room."""
        self.refresh()
        told = self.session.sequence
        while not self.is_over() and self._stand.seat is None:
            if self._wait(LOOK_EVERY_S) and self.session.sequence > told:
                return  # it has been in a room, and left it

    def _persistently(self, act: Callable[[], None]) -> None:
        """A switch that is away was sent nothing: again when it is back. What may have run is not sent again."""
        while True:
            try:
                act()
                return
            except SwitchUnavailable:
                self._wait(AWAY_WAIT_S)
                self._require()
            except SwitchTimeout as error:
                log.warning("%s: a command may not have run: %s", self.session.id, error.message)
                return

    def _wait_for_step(self, number: int) -> None:
        if not self._wait(LOOK_EVERY_S) and self.flow.steps <= number:
            self._sent = ""  # look whether it is over

    def _wait(self, limit_s: float) -> bool:
        """False when nothing moved. Leaves with Lost once this process no longer acts for the switch."""
        moved = self._moved.wait(limit_s)
        self._moved.clear()
        self.refresh()
        return bool(moved)

    def refresh(self) -> None:
        stand = self._tools.flows.stand(self.session.id)
        if stand is None or not self._tools.is_mine(self.flow.node_id):
            raise Lost(self.session.id)
        self.take(stand)
