"""A call: a channel that runs applications one after the other, nested when a command breaks in, until a hangup."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gateway.simulator.channels import Channel
from gateway.simulator.core import Core, epoch, new_uuid, now_us
from gateway.simulator.events import Pair, Part
from gateway.simulator.profiles import CallerProfile

Step = tuple[str, str]
NO_RESPONSE = "_none_"
HANGUP, TRANSFER, BREAK = "hangup", "transfer", "break"


class Application:
    """One application running on a call. begin() may finish at once by calling done(); else something later does."""

    needs_media = False
    breakable = False  # whether uuid_break ends it
    tells_its_end = True

    def __init__(self, call: "Call", name: str, data: str, uuid: str = "") -> None:
        self.call, self.name, self.data = call, name, data
        self.uuid = uuid or new_uuid()
        self.on_done: Callable[[], None] | None = None

    def begin(self) -> None:
        self.done()

    def interrupt(self, why: str) -> None:
        """The call was hung up, transferred or told to break: end at once, by done()."""
        self.done()

    def digit(self, digit: str) -> None:
        """A key was pressed on the call while this application runs on top."""

    def done(self, response: str = NO_RESPONSE) -> None:
        self.call.application_done(self, response)

    def headers(self) -> list[Pair]:
        return [("Application", self.name), *([("Application-Data", self.data)] if self.data else [])]


@dataclass(frozen=True)
class Private:
    """An application that a command puts into a call, from sendmsg or uuid_broadcast."""

    name: str
    data: str
    uuid: str = ""
    lead_s: float = 0.0
    locks: bool = False


ApplicationTable = Mapping[str, type[Application] | Callable[["Call", str, str, str], Application]]


class Call(Channel):
    """The channel's thread, as it were; each change of state comes one tick after what caused it."""

    def __init__(
        self,
        core: Core,
        applications: ApplicationTable,
        name: str,
        direction: str,
        profile: CallerProfile,
        codec: str = "",
        uuid: str = "",
    ) -> None:
        super().__init__(core, name, direction, profile, codec, uuid)
        self.applications = applications
        self.stack: list[Application] = []
        self.steps: deque[Step] = deque()
        self.peer: Call | None = None  # the other half of a loopback: what one plays, the other says
        self.maker = 0  # the client that made it
        self.loud = False  # whether the phone at the other end makes sound
        self.on_loudness: list[Callable[[Call], None]] = []
        self.on_hangup: list[Callable[[Call], None]] = []
        self.on_answer: list[Callable[[Call], None]] = []
        self.on_applications_ended: list[Callable[[Call], None]] = []
        self.on_destroy: list[Callable[[Call], None]] = []
        self.dialplan: Callable[[Call, str, str], list[Step]] | None = None
        self._running = False
        self._transfers = 0
        self._response = NO_RESPONSE
        self._private: deque[Private] = deque()
        self._locked = False  # a broadcast is due or runs: what comes after it waits

    # -- running applications -----------------------------------------------------------------------------------

    def route(self, steps: list[Step]) -> None:
        """Enter the dialplan: what follows is these applications, then a hangup."""
        self.set_state("CS_ROUTING")
        self.hit_dialplan = True
        self.steps = deque(steps)
        self.set_state("CS_EXECUTE")
        self.advance()

    def advance(self) -> None:
        if self._running:
            return
        self._running = True
        while self.up and not self.stack and self.state == "CS_EXECUTE":
            if not self.steps:
                self.hangup("NORMAL_CLEARING")
                break
            self.execute(*self.steps.popleft())
        self._running = False

    def execute(self, name: str, data: str, uuid: str = "", on_done: Callable[[], None] | None = None) -> None:
        factory = self.applications.get(name)
        if factory is None:
            self.hangup("DESTINATION_OUT_OF_ORDER")
            return
        application = factory(self, name, self.expand(data), uuid)
        application.on_done = on_done
        if application.needs_media:
            self.pre_answer()
        self.stack.append(application)
        self._response = NO_RESPONSE  # one for the whole channel: an outer application ends with the inner one's
        self.set_variable("current_application_data", application.data)
        self.set_variable("current_application", name)
        self.fire("CHANNEL_EXECUTE", *application.headers(), ("Application-UUID", application.uuid))
        application.begin()

    def application_done(self, application: Application, response: str) -> None:
        if application not in self.stack:
            return
        while self.stack[-1] is not application:  # what nests inside ends first
            self.stack[-1].interrupt(BREAK)
        self.stack.pop()
        if response != NO_RESPONSE:
            self._response = response
        if application.tells_its_end:
            said = ("Application-Response", self._response), ("Application-UUID", application.uuid)
            self.fire("CHANNEL_EXECUTE_COMPLETE", *application.headers(), *said)
        if application.on_done is not None:
            application.on_done()
        self.advance()

    def interrupt_all(self, why: str) -> None:
        was_running, self._running = self._running, True
        while self.stack:
            top = self.stack[-1]
            top.interrupt(why)
            if self.stack and self.stack[-1] is top:
                raise RuntimeError(f"{top.name} did not end when it was interrupted")
        self._running = was_running

    def leave_applications(self) -> None:
        """Taken out of the dialplan by a bridge: what ran ends, what was to come is forgotten."""
        self.steps.clear()
        self.interrupt_all(TRANSFER)

    def queue_private(self, private: Private) -> None:
        """Runs on the call's own thread, inside whatever runs there; a broadcast keeps the later ones waiting."""
        self._private.append(private)
        self._take_private()

    def _take_private(self) -> None:
        while self._private and not self._locked:
            private = self._private.popleft()
            self._locked = private.locks
            self.core.clock.after(self.core.tick_s + private.lead_s, self._run_private, private)

    def _run_private(self, private: Private) -> None:
        if not self.up:
            return
        self.execute(private.name, private.data, private.uuid, lambda: self._private_done(private))

    def _private_done(self, private: Private) -> None:
        order = ("call-command", "execute"), ("execute-app-name", private.name), ("execute-app-arg", private.data)
        self.fire("PRIVATE_COMMAND", before=order, variables=False)
        if private.locks:
            self._locked = False
            self._take_private()

    def expand(self, text: str) -> str:
        """`${name}` in an application's argument is the channel's variable; functions are not run."""
        if "${" not in text:
            return text
        return re.sub(r"\$\{([^}]*)\}", lambda m: self.variable(m.group(1)), text)

    # -- orders from outside ------------------------------------------------------------------------------------

    def transfer(self, destination: str, dialplan: str, context: str = "") -> None:
        """uuid_transfer: the caller profile is the new one at once, the order is obeyed one tick later."""
        self._transfers += 1
        profile = self.profile
        context = context or profile.context
        stamp = f"{epoch()}:{new_uuid()}:bl_xfer:{destination}/{context}/{dialplan}"
        self.profile = replace(
            profile,
            destination=destination,
            rdnis=profile.destination,
            dialplan=dialplan,
            context=context,
            transfer_source=stamp,
            index=profile.index + 1,
            created_us=now_us(),
        )
        self.set_variable("transfer_source", stamp)
        history = self.variables.get("transfer_history", "")
        earlier = f"{'' if history.startswith('ARRAY::') else 'ARRAY::'}{history}|:" if history else ""
        self.set_variable("transfer_history", earlier + stamp)
        self.touch()
        self.shown_destination = destination
        self.core.clock.after(self.core.tick_s, self._obey_transfer, self._transfers)

    def _obey_transfer(self, number: int) -> None:
        if not self.up or number != self._transfers:
            return
        self.interrupt_all(TRANSFER)
        profile = self.profile
        if self.answered:
            self.set_call_state("RINGING")
        steps = self.dialplan(self, profile.destination, profile.dialplan) if self.dialplan else []
        if profile.dialplan == "inline":  # the inline dialplan gives the number that was dialled back
            profile.destination, profile.rdnis = profile.rdnis, ""
        if self.answered:
            self.set_call_state("ACTIVE")
        self.touch()
        self.route(steps)

    def digit(self, digit: str, source: str = "APP") -> None:
        if not self.up:
            return
        pairs = (("DTMF-Digit", digit), ("DTMF-Duration", "2000"), ("DTMF-Source", source))
        self.fire("DTMF", *pairs, variables=False)
        if self.stack:
            self.stack[-1].digit(digit)

    def answer(self) -> None:
        was = self.answered
        super().answer()
        if self.answered and not was:
            for told in list(self.on_answer):
                told(self)

    def ring(self) -> None:
        super().ring()
        if self.peer is not None and self.peer.direction == "outbound":
            self.peer.ring()

    def set_loud(self, loud: bool) -> None:
        if loud != self.loud:
            self.loud = loud
            for told in list(self.on_loudness):
                told(self)

    # -- the end ------------------------------------------------------------------------------------------------

    def hangup(self, cause: str = "NORMAL_CLEARING") -> None:
        """CHANNEL_HANGUP at once; the applications end one tick later, then the channel is gone."""
        if not self.up:
            return
        self.cause = cause
        self.mark("Hangup")
        self.set_variable("hangup_cause", cause)
        self.fire("CHANNEL_HANGUP")
        for told in list(self.on_hangup):
            told(self)
        self.core.clock.after(self.core.tick_s, self._unwind)

    def _unwind(self) -> None:
        self.interrupt_all(HANGUP)
        for told in list(self.on_applications_ended):
            told(self)
        self.steps.clear()
        self.set_state("CS_HANGUP")
        self.set_call_state("HANGUP")
        self.set_state("CS_REPORTING")
        self.fire("CHANNEL_HANGUP_COMPLETE", before=(("Hangup-Cause", self.cause),))
        self.fire("CHANNEL_DESTROY")
        self.set_state("CS_DESTROY")
        for told in list(self.on_destroy):
            told(self)

    def data(self) -> list[Part]:
        """For uuid_dump."""
        return [self.basic(), self.variable_part()]
