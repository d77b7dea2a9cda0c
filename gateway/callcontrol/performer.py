"""What performs a verb, and what may follow it. In: the led call and the verb. Out: Next.

One function per type of verb, in the table of callcontrol/verbs/__init__.py. It may be started anew for the same verb
after a crash: each step that was over then returns its stored result at once and is not sent again, so what lies
between the steps must be free of effects (or be a step, a Callback or an event, which are committed with their end).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.domain.apps import App
from gateway.domain.events import Event
from gateway.domain.flow import Ask, Callback, Joining, StepResult
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.services.document_dials import DocumentDials
from gateway.services.document_recordings import DocumentRecordings
from gateway.services.legs import Legs


class CallOver(Exception):
    """The caller hung up: the flow ends, without another verb. Performers let it pass."""


@dataclass(frozen=True)
class Next:
    """What follows, committed at once with the end of the verb.

    `ask` for another document, else hang up, else the next verb. `callbacks` go out through the outbox, `events` to
    the app's endpoints.
    """

    ask: Ask | None = None
    hang_up: str = ""  # a hangup cause
    callbacks: tuple[Callback, ...] = ()
    events: tuple[Event, ...] = field(default=())


GO_ON = Next()


class LedCall(Protocol):
    """The call as a performer sees it: nothing here is SQL, ESL or HTTP. Every method may raise CallOver."""

    @property
    def session(self) -> Session:
        """As it is now."""

    @property
    def app(self) -> App: ...

    def parameters(self, **more: str) -> dict[str, str]:
        """The form fields of each request for this call (CallUUID, From, To, Direction, CallStatus) and `more`."""

    def now_ms(self) -> int: ...

    def answer(self) -> None:
        """Answers the call unless it is; the verbs that make it heard call it first."""

    def pre_answer(self) -> None:
        """Early media; nothing for an answered call."""

    def playable(self, url: str) -> str:
        """What the switch plays for an app's audio URL; raises MediaError."""

    def spoken(self, text: str, voice: str, language: str) -> str:
        """What the switch plays for a text; raises MediaError or InvalidInput."""

    def step(
        self, application: str, argument: str, variables: Mapping[str, str] = {}, after_hangup: bool = False
    ) -> StepResult:
        """Runs one application on the leg, to its end. `variables` are set on the channel before ('' unsets).

        Raises CallOver when the call ended, unless `after_hangup`.
        """

    def room_sound(self, sound: str) -> str:
        """What the switch plays for a room's beep or URL, which is fetched; raises one of room_sounds.FAULTS."""

    def room(self, name: str) -> Room | None:
        """The app's living room of this name."""

    def has_begun(self) -> bool:
        """Whether the next step of this verb was begun before, by a process before this one."""

    def is_let_in(self) -> bool:
        """Whether that step is its stay in a room."""

    def join(self, make: Callable[[], Joining]) -> StepResult:
        """Enters the room and returns when the call has left it, or was refused. Returns for a call that ended, too."""

    def once(self, what: str, act: Callable[[], None]) -> None:
        """Runs `act`, a command to the leg that no event ends, as a step: at most once, also over a crash."""

    def leg(self) -> Legs:
        """For such commands."""

    def dials(self) -> tuple[DocumentDials, str]:
        """Who keeps the legs that a document rings, and what names this verb of this call, the same after a restart."""

    @property
    def verb_id(self) -> str:
        """Of the verb that runs, in this call and document: the same after a crash."""

    def recordings(self) -> DocumentRecordings: ...


class Performer(Protocol):
    def __call__(self, call: LedCall, verb: Any) -> Next: ...


def after(call: LedCall, url: str, method: Any, redirect: bool, params: dict[str, str], must: bool = False) -> Next:
    """What an `action` means: with `redirect` its answer is the next document, else it is told and the flow goes on."""
    if not url:
        return GO_ON
    given = call.parameters(**params)
    if redirect:
        return Next(ask=Ask(url, method, given, must))
    return Next(callbacks=(Callback(url, method, given),))
