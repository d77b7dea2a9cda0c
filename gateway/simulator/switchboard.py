"""The model put together: calls, conferences, dialling and the schedule of one life of a simulated switch."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial

from gateway.simulator.app_bridge import Bridge
from gateway.simulator.app_conference import ConferenceApplication
from gateway.simulator.apps_basic import INSTANT, Instant, Park, Sleep, WaitForSilence
from gateway.simulator.apps_play import EndlessPlayback, PlayAndGetDigits, Playback, Speak
from gateway.simulator.apps_record import Record, end_recording
from gateway.simulator.calls import Application, Call, Private
from gateway.simulator.core import Core, now_us
from gateway.simulator.dialplan import steps_for
from gateway.simulator.endpoints import Endpoints
from gateway.simulator.originate import Attempt, Result
from gateway.simulator.profiles import CallerProfile
from gateway.simulator.recordings import FileRecorder
from gateway.simulator.rooms import Rooms
from gateway.simulator.scheduler import Scheduler

CALLER_PORT = 5210
MAKER: ContextVar[int] = ContextVar("maker", default=0)  # the client on whose command a call is made


class Switchboard:
    """What the api commands work on."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.calls: dict[str, Call] = {}
        self.rooms = Rooms(core)
        self.schedule = Scheduler(core.clock)
        self.leg_recordings: dict[tuple[str, str], FileRecorder] = {}
        self.applications: dict[str, type[Application] | Callable[[Call, str, str, str], Application]] = {}
        self.endpoints = Endpoints(core, self.applications, self.register)
        self.run_api: Callable[[str], str] = lambda text: "-ERR no api yet\n"
        self.shut_down: Callable[[], None] = lambda: None
        self.run_fault: Callable[[str, int], str] = lambda text, asker: "-ERR no faults here\n"
        self._fill_applications()

    def _fill_applications(self) -> None:
        for name, act in INSTANT.items():
            self.applications[name] = partial(Instant, act)
        self.applications.update(
            sched_hangup=partial(Instant, self._schedule_hangup),
            sleep=Sleep,
            wait_for_silence=WaitForSilence,
            park=Park,
            playback=Playback,
            endless_playback=EndlessPlayback,
            speak=Speak,
            record=Record,
            play_and_get_digits=PlayAndGetDigits,
            conference=partial(ConferenceApplication, self.rooms),
            bridge=partial(Bridge, self.core, self.endpoints),
        )

    def _schedule_hangup(self, call: Call, data: str) -> None:
        """`+N CAUSE`"""
        when, _, cause = data.partition(" ")
        self.schedule.add(when, call.uuid, lambda: call.hangup(cause or "ALLOTTED_TIMEOUT"))

    def _execute_on_answer(self, call: Call) -> None:
        name, _, data = call.variable("execute_on_answer").partition(" ")
        if name in self.applications:
            call.queue_private(Private(name, data))

    def register(self, call: Call) -> None:
        self.calls[call.uuid] = call
        if call.variable("execute_on_answer"):
            call.on_answer.append(self._execute_on_answer)
        call.maker = call.other.maker if isinstance(call.other, Call) else MAKER.get()
        call.on_destroy.append(self._forget)
        call.on_applications_ended.append(self._end_recordings)
        counters = self.core.counters
        counters.peak = max(counters.peak, len(self.calls))

    def _forget(self, call: Call) -> None:
        self.calls.pop(call.uuid, None)

    def _end_recordings(self, call: Call) -> None:
        for key in [key for key in self.leg_recordings if key[0] == call.uuid]:
            end_recording(call, self.leg_recordings.pop(key))

    def find(self, uuid: str) -> Call | None:
        """As switch_core_session_locate: a call that is hung up is not found any more."""
        call = self.calls.get(uuid)
        return call if call is not None and call.up else None

    def inbound_call(self, number: str, to: str, name: str) -> Call:
        """A SIP caller from outside: comes in, is routed, and parks unanswered."""
        profile = CallerProfile(
            to,
            caller_name=name,
            caller_number=number,
            original_name=name,
            original_number=number,
            username=number,
            dialplan="XML",
            context="public",
            network_address="127.0.0.1",
            ani=number,
            source="mod_sofia",
        )
        channel = f"sofia/external/{number}@127.0.0.1:{CALLER_PORT}"
        call = Call(self.core, self.applications, channel, "inbound", profile, "PCMU")
        call.dialplan = steps_for
        self.register(call)
        call.set_state("CS_NEW")
        call.hit_dialplan = True
        call.set_state("CS_INIT")
        call.fire("CHANNEL_CREATE")
        call.set_call_state("RINGING")
        call.route(steps_for(call, to, "XML"))
        return call

    def dial(self, text: str, timeout_s: float, result: Result) -> Attempt:
        attempt = Attempt(self.core, self.endpoints, text, timeout_s, None, result)
        attempt.start()
        return attempt

    def enter(self, call: Call, destination: str, dialplan: str, context: str = "") -> None:
        """An answered outbound leg enters the dialplan: it becomes its own caller."""
        if not call.up:
            return
        was = call.profile.destination
        call.profile.index += 1
        call.profile.created_us = now_us()
        call.profile.flip()
        call.profile.dialplan = dialplan
        call.profile.context = context or call.profile.context
        call.profile.transfer_source = f"bl_xfer:{destination}/{call.profile.context}/{dialplan}"
        call.shown_destination = destination
        if dialplan != "inline":
            call.profile.destination, call.profile.rdnis = destination, was
        call.touch()
        call.fire("CALL_UPDATE", before=(("Direction", "RECV"),))
        call.route(steps_for(call, destination, dialplan))

    def hang_up_all(self, cause: str) -> None:
        for call in list(self.calls.values()):
            call.hangup(cause)
