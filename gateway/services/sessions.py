"""What an app asks of a call: list, get, answer, hang up."""

from collections.abc import Callable, Sequence

from gateway.domain.apps import App
from gateway.domain.ids import new_uuid, session_id
from gateway.domain.member import JOINED
from gateway.domain.session import ANSWERED, CREATED, DIALLING, ENDED, Session
from gateway.domain.values import replace
from gateway.errors import Conflict, NotFound
from gateway.schemas.shapes import session_shape
from gateway.services import operations
from gateway.services.commands import Answer, Asked, CommandDesk, Gate, Step
from gateway.services.effects import StopWaiting
from gateway.services.ownership import alive, checked_session, own_live_session
from gateway.services.paging import Page
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import AnswerCall, Command, Kill

ANSWER_TIMEOUT_MS = 10_000
HANGUP_TIMEOUT_MS = 10_000
STATES = {"queued": DIALLING, "ringing": CREATED, "in-progress": ANSWERED, "completed": ENDED}


def stop_waiting(uow: UnitOfWork, session: Session) -> None:
    """The first command to a call takes back the switch's hang-up timer."""
    if session.waiting:
        uow.sessions.put(replace(session, waiting=False))
        uow.after_commit(StopWaiting(session.id))


def plan_for_call(
    desk: CommandDesk,
    asked: Asked,
    session_id: str,
    plan: Callable[[UnitOfWork, Session, Gate], Answer | Step],
    group: str = "",
) -> Callable[[UnitOfWork], Answer | Step]:
    """What comes before every plan for a call: whose it is, the first answer of a repeated request, the cooldown."""

    def planned(uow: UnitOfWork) -> Answer | Step:
        session = own_live_session(uow, asked.app, session_id)
        gate = desk.gate(uow, asked, group, session_id)
        return gate.answer or plan(uow, session, gate)

    return planned


class Sessions:
    """Calls of every kind, ours and those that came in; leg_audio and transfers have the further commands to one."""

    def __init__(self, store: Store, desk: CommandDesk) -> None:
        self._store = store
        self._desk = desk

    def found(self, app: App, session_id: str) -> tuple[Session, str | None]:
        """A call of this app, ended or not, and the room it is in."""
        session, seat = self._store.read(lambda connection: session_rows.with_seat(connection, session_id))
        room_id = seat.room_id if seat is not None and seat.state == JOINED else None
        return checked_session(session, app), room_id

    def listed(self, app: App, status: str | None, page: Page) -> tuple[Sequence[tuple[Session, str | None]], str]:
        """A page of calls, oldest first, each with the room it is in; and the cursor to the next, '' at the end."""
        state = STATES[status] if status else None
        after = page.after(int, str)
        rows = self._store.read(lambda c: session_rows.page(c, app.id, state, after, page.limit + 1))
        return page.cut(rows, lambda row: (row[0].created_at, row[0].id))

    def page(self, app: App, status: str | None, page: Page) -> dict[str, object]:
        shown, cursor = self.listed(app, status, page)
        return {"sessions": [session_shape(session, room_id) for session, room_id in shown], "cursor": cursor}

    def id_of(self, channel_uuid: str) -> str:
        """The session of a channel, whichever of our switches has it; raises NotFound."""
        ids = [session_id(node_id, channel_uuid) for node_id in self._desk.node_ids()]
        found = self._store.read(lambda connection: session_rows.first_of(connection, ids))
        if found is None:
            raise NotFound("Session not found", "session-not-found")
        return found

    def answer(self, asked: Asked, session_id: str) -> Answer:
        def command(session: Session) -> Command:
            if session.state == ANSWERED:
                raise Conflict("The call is already answered", "already-answered")
            return AnswerCall(session.channel_uuid)

        return self._operate(asked, session_id, "answer", ANSWER_TIMEOUT_MS, command)

    def hangup(self, asked: Asked, session_id: str, cause: str) -> Answer:
        return self._operate(asked, session_id, "hangup", HANGUP_TIMEOUT_MS, lambda s: Kill(s.channel_uuid, cause))

    def _operate(
        self, asked: Asked, session_id: str, name: str, timeout_ms: int, make: Callable[[Session], Command]
    ) -> Answer:
        """Send, and let the event that follows (or the deadline) end the operation with command.result."""
        needs = self._desk.needs(asked, sessions=(session_id,))
        operation_id = new_uuid()

        def plan(uow: UnitOfWork, session: Session, gate: Gate) -> Step:
            command = make(alive(session))
            gate.close(uow)
            stop_waiting(uow, session)
            answer = operations.begin(uow, asked, self._desk.owner, operation_id, session_id, name, timeout_ms)
            return Step(session.node_id, command, answer, lambda undo: undo.operations.drop(operation_id))

        return self._desk.run(asked, needs, plan_for_call(self._desk, asked, session_id, plan))
