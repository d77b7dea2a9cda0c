"""Calls that we make: originate, and dial into a room. The switch's events then tell what became of them."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.apps import App
from gateway.domain.dial import CALL, RINGING, ROOM, Dial
from gateway.domain.ids import new_uuid, normalised_number, session_id
from gateway.domain.session import DIALLING, ENDED, Session
from gateway.domain.values import replace
from gateway.errors import Forbidden, SwitchUnavailable
from gateway.services import announcements, operations
from gateway.services.commands import Answer, Asked, CommandDesk, Step, with_uid
from gateway.services.led import answer_method
from gateway.services.ownership import own_room
from gateway.services.reactions import dials
from gateway.store import rooms as room_rows
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import Originate
from gateway.switch.pool import SwitchPool
from gateway.switch.routes import Routes

RESULT_MARGIN_MS = 15_000  # beyond the ringing: the way into a room, or to the other call
NOT_SENT = "not_sent"


@dataclass(frozen=True)
class WantedCall:
    """A call as an app asks for it: `to` is E.164 or `user:NAME`, `from_number` one of the app's own numbers."""

    to: str
    from_number: str
    ring_timeout_s: int = 60
    time_limit_s: int = 14_400
    answer_url: str = ""
    room_id: str = ""
    muted: bool = False


class Dialler:
    """What every outgoing leg shares: whose number it shows, which way it goes, its rows, and how they are undone."""

    def __init__(self, pool: SwitchPool, routes: Routes, app_of_number: Callable[[str], App | None]) -> None:
        self._pool = pool
        self._routes = routes
        self._app_of_number = app_of_number

    def check_caller_id(self, app: App, number: str) -> None:
        owner = self._app_of_number(normalised_number(number))
        if owner is None or owner.id != app.id:
            message = f"{number} is not a number of this application"
            raise Forbidden(message, "caller-id-forbidden", {"fields": {"from": [message]}})

    def pick(self, uow: UnitOfWork) -> str:
        return self._pool.pick(lambda: room_rows.count_by_node(uow.connection)).id

    def require(self, node_id: str) -> None:
        """Before anything is told of a call that could not be made."""
        node = self._pool.node(node_id)
        if not node.connected:
            raise SwitchUnavailable(f"The switch {node_id} is not connected: {node.state}")

    def begin(self, uow: UnitOfWork, node_id: str, wanted: WantedCall, dial: Dial, peer: str = "") -> Originate:
        """The rows of a leg, and the command that dials it; `dial.session_id` is its id."""
        channel = dial.session_id.partition("-")[2]
        command = Originate(
            channel, self._routes.of(wanted.to), wanted.from_number, wanted.ring_timeout_s, wanted.time_limit_s
        )
        session = Session(
            id=dial.session_id,
            app_id=dial.app_id,
            node_id=node_id,
            channel_uuid=channel,
            direction=dials.OUTBOUND,
            from_number=wanted.from_number,
            to_number=wanted.to,
            state=DIALLING,
            created_at=uow.now,
            peer=peer,
        )
        uow.sessions.put(session)
        uow.dials.put(dial)
        uow.emit(announcements.call_created(session, uow.now, dial.command_uid))
        return command

    def undo(self, uow: UnitOfWork, dial: Dial) -> None:
        """The switch did not take it: what was announced has an end."""
        session = uow.sessions.get(dial.session_id)
        if session is None or session.ended_at is not None:
            return
        session = replace(session, state=ENDED, ended_at=uow.now, hangup_cause=NOT_SENT)
        uow.sessions.put(session)
        if dial.operation_id:
            uow.operations.drop(dial.operation_id)
        uow.emit(announcements.call_unanswered(session, uow.now, dial.command_uid))
        if dial.for_session and (caller := uow.sessions.get(dial.for_session)):
            uow.sessions.put(replace(caller, peer=""))


class Outbound:
    """What both fronts ask. The rows of a call are committed before the switch is told to dial."""

    def __init__(self, desk: CommandDesk, dialler: Dialler) -> None:
        self._desk = desk
        self._dialler = dialler

    def originate(self, asked: Asked, wanted: WantedCall) -> Answer:
        """201 with the session's id: its webhooks tell the rest.

        Raises Forbidden for a caller id or room that is not the app's, NotFound for a room that is nobody's.
        """
        return self._dial(asked, wanted, ROOM if wanted.room_id else CALL)

    def dial(self, asked: Asked, wanted: WantedCall) -> Answer:
        """202; command.result tells when the called one is in the room, or why not."""
        return self._dial(asked, wanted, ROOM, "conference_control")

    def _dial(self, asked: Asked, wanted: WantedCall, purpose: str, group: str = "") -> Answer:
        rooms = (wanted.room_id,) if wanted.room_id else ()
        needs = self._desk.needs(asked, group, wanted.room_id, rooms=rooms)
        operation_id = new_uuid() if group else ""

        def plan(uow: UnitOfWork) -> Answer | Step:
            room = own_room(uow, asked.app, wanted.room_id) if wanted.room_id else None
            self._dialler.check_caller_id(asked.app, wanted.from_number)
            gate = self._desk.gate(uow, asked, group, wanted.room_id)
            if gate.answer:
                return gate.answer
            node_id = room.node_id if room is not None else self._dialler.pick(uow)
            self._dialler.require(node_id)
            gate.close(uow)
            dial = dial_of(uow, asked, wanted, purpose, session_id(node_id, new_uuid()), operation_id)
            command = self._dialler.begin(uow, node_id, wanted, dial)
            if operation_id:
                timeout_ms = wanted.ring_timeout_s * 1000 + RESULT_MARGIN_MS
                answer = operations.begin(
                    uow, asked, self._desk.owner, operation_id, dial.session_id, dials.DIAL, timeout_ms
                )
                answer = Answer(202, {**answer.body, "session_uuid": dial.session_id})
            else:
                body = {"session_uuid": dial.session_id, "status": "queued", "direction": dials.OUTBOUND}
                answer = Answer(201, with_uid(asked, {**body, "from": wanted.from_number, "to": wanted.to}))
            return Step(node_id, command, answer, lambda undo: self._dialler.undo(undo, dial))

        return self._desk.run(asked, needs, plan)


def dial_of(
    uow: UnitOfWork, asked: Asked, wanted: WantedCall, purpose: str, leg_id: str, operation_id: str, caller_id: str = ""
) -> Dial:
    return Dial(
        session_id=leg_id,
        app_id=asked.app.id,
        purpose=purpose,
        stage=RINGING,
        created_at=uow.now,
        room_id=wanted.room_id,
        muted=wanted.muted,
        answer_url=wanted.answer_url,
        answer_method=answer_method(asked.app),
        for_session=caller_id,
        operation_id=operation_id,
        command_uid=asked.command_uid if asked.given or operation_id else "",
    )
