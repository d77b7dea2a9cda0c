"""Transfers: a call is connected with another number, blind or after a consultation.

Until that one answers, the caller stays where it is: a transfer that fails brings nobody back, for nobody has left.
"""

from gateway.domain.dial import CONNECTING, CONSULT, RINGING, TALKING, TRANSFER, Dial
from gateway.domain.ids import new_uuid, session_id
from gateway.domain.session import ANSWERED, Session
from gateway.domain.values import replace
from gateway.errors import Conflict
from gateway.services import operations
from gateway.services.commands import Answer, Asked, CommandDesk, Step
from gateway.services.outbound import RESULT_MARGIN_MS, Dialler, WantedCall, dial_of
from gateway.services.ownership import alive, own_live_session
from gateway.services.reactions import dials
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Kill

DOCUMENT_MS = 600_000  # what the new leg's own document may take before the two are connected
COMPLETE_TIMEOUT_MS = 15_000
CANCEL_TIMEOUT_MS = 10_000


class Transfers:
    """What both fronts ask; what happenings then make of it is in reactions/dials.py."""

    def __init__(self, store: Store, desk: CommandDesk, dialler: Dialler) -> None:
        self._store = store
        self._desk = desk
        self._dialler = dialler

    def blind(self, asked: Asked, call_id: str, wanted: WantedCall) -> Answer:
        """202 with the new leg's id. The two are connected once it has answered and its document has run out.

        `wanted.from_number` may be '': then the app's number of the call is shown.
        """
        return self._dial(asked, call_id, wanted, TRANSFER, dials.BLIND)

    def consult(self, asked: Asked, call_id: str, wanted: WantedCall) -> Answer:
        """202; command.result ok when the new leg has answered. It is a call like others till complete or cancel."""
        return self._dial(asked, call_id, wanted, CONSULT, dials.CONSULTATION)

    def complete(self, asked: Asked, call_id: str) -> Answer:
        """The call and the one that was consulted are connected; raises Conflict where that one has not answered."""
        needs = self._desk.needs(asked, sessions=(call_id,))

        def plan(uow: UnitOfWork) -> Answer:
            call = own_live_session(uow, asked.app, call_id)
            gate = self._desk.gate(uow, asked)
            if gate.answer:
                return gate.answer
            leg, dial = _consulted(uow, alive(call))
            if dial.stage not in (TALKING, CONNECTING):
                raise Conflict("The consulted number has not answered yet", "not-answered", {"session_uuid": leg.id})
            gate.close(uow)
            answer = operations.begin(
                uow, asked, self._desk.owner, new_uuid(), call_id, dials.COMPLETE, COMPLETE_TIMEOUT_MS
            )
            dials.connect(uow, leg, dial)
            return answer

        return self._desk.run(asked, needs, plan)

    def cancel(self, asked: Asked, call_id: str) -> Answer:
        """The consulted leg (or the one that a blind transfer dials) is hung up; the call stays where it is."""
        needs = self._desk.needs(asked, sessions=(call_id,))
        operation_id = new_uuid()

        def plan(uow: UnitOfWork) -> Answer | Step:
            call = own_live_session(uow, asked.app, call_id)
            gate = self._desk.gate(uow, asked)
            if gate.answer:
                return gate.answer
            leg, dial = _leg_of(uow, alive(call))
            if dial.stage not in (RINGING, TALKING):
                raise Conflict("The calls are connected already", "already-connected", {"session_uuid": leg.id})
            gate.close(uow)
            answer = operations.begin(
                uow, asked, self._desk.owner, operation_id, call_id, dials.CANCEL, CANCEL_TIMEOUT_MS
            )
            cause = "NORMAL_CLEARING" if leg.answered_at else "ORIGINATOR_CANCEL"
            command = Kill(leg.channel_uuid, cause)
            return Step(leg.node_id, command, answer, lambda undo: undo.operations.drop(operation_id))

        return self._desk.run(asked, needs, plan)

    def _dial(self, asked: Asked, call_id: str, wanted: WantedCall, purpose: str, command: str) -> Answer:
        needs = self._desk.needs(asked, sessions=(call_id,))
        operation_id = new_uuid()

        def plan(uow: UnitOfWork) -> Answer | Step:
            call = own_live_session(uow, asked.app, call_id)
            shown = replace(wanted, from_number=wanted.from_number or _own_number(call))
            self._dialler.check_caller_id(asked.app, shown.from_number)
            gate = self._desk.gate(uow, asked)
            if gate.answer:
                return gate.answer
            _check_free(alive(call))
            self._dialler.require(call.node_id)
            gate.close(uow)
            leg_id = session_id(call.node_id, new_uuid())
            timeout_ms = shown.ring_timeout_s * 1000 + RESULT_MARGIN_MS
            timeout_ms += DOCUMENT_MS if shown.answer_url and purpose == TRANSFER else 0
            answer = operations.begin(uow, asked, self._desk.owner, operation_id, call.id, command, timeout_ms)
            dial = dial_of(uow, asked, shown, purpose, leg_id, operation_id, call.id)
            uow.sessions.put(replace(call, peer=leg_id))
            originate = self._dialler.begin(uow, call.node_id, shown, dial, peer=call.id)
            answer = Answer(202, {**answer.body, "session_uuid": leg_id})
            return Step(call.node_id, originate, answer, lambda undo: self._dialler.undo(undo, dial))

        return self._desk.run(asked, needs, plan)

    def document_over(self, leg_id: str) -> bool:
        """The document of a blind transfer's new leg has run out: the two are connected. False for other calls."""

        def work(uow: UnitOfWork) -> bool:
            leg = uow.sessions.get(leg_id)
            dial = dials.of(uow, leg) if leg is not None else None
            if leg is None or dial is None or dial.purpose != TRANSFER or dial.stage != TALKING:
                return False
            dials.connect(uow, leg, dial)
            return True

        return self._store.write(work)


def _own_number(call: Session) -> str:
    return call.to_number if call.direction == "inbound" else call.from_number


def _check_free(call: Session) -> None:
    if call.state != ANSWERED:
        raise Conflict("The call is not in progress", "not-in-progress")
    if call.peer:
        raise Conflict("A transfer of this call is under way", "transfer-in-progress", {"session_uuid": call.peer})


def _leg_of(uow: UnitOfWork, call: Session) -> tuple[Session, Dial]:
    leg = uow.sessions.get(call.peer) if call.peer else None
    dial = dials.of(uow, leg) if leg is not None else None
    if leg is None or dial is None or dial.for_session != call.id:
        raise Conflict("No transfer of this call is under way", "no-transfer")
    return leg, dial


def _consulted(uow: UnitOfWork, call: Session) -> tuple[Session, Dial]:
    leg, dial = _leg_of(uow, call)
    if dial.purpose != CONSULT:
        raise Conflict("Nobody is consulted for this call", "no-consultation", {"session_uuid": leg.id})
    return leg, dial
