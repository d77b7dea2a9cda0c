"""Legs that a document's <Dial> rings: their rows before they are dialled, and their end when the dialling is over.

The application `bridge` on the caller's own leg rings them; each has the uuid that we gave it, and events of its own.
"""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.domain import happenings as told
from gateway.domain.apps import App
from gateway.domain.dial import DOCUMENT, RANG, RINGING, Dial
from gateway.domain.ids import normalised_number, session_id
from gateway.domain.session import DIALLING, Session
from gateway.services import announcements
from gateway.services.reactions import dials
from gateway.services.reactions.calls import CallReactions
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands.dialling import bridge_argument
from gateway.switch.routes import Routes

_SHOWN = re.compile(r"\+?[0-9]{1,15}")


@dataclass(frozen=True)
class Dialled:
    """What became of it: whether any phone rang, and the leg that was connected, '' when none was."""

    rang: bool
    connected: str


class DocumentDials:
    def __init__(
        self, store: Store, routes: Routes, app_of_number: Callable[[str], App | None], calls: CallReactions
    ) -> None:
        self._store = store
        self._routes = routes
        self._app_of_number = app_of_number
        self._calls = calls

    def owns(self, app: App, number: str) -> bool:
        owner = self._app_of_number(normalised_number(number))
        return owner is not None and owner.id == app.id

    def legs(self, caller: Session, place: str, to: Sequence[str]) -> dict[str, str]:
        """Session ids of the legs and whom each rings: the same after a restart, for the same `place`."""
        of_call = uuid.UUID(caller.channel_uuid)
        ids = (str(uuid.uuid5(of_call, f"{place} {number}")) for number in range(len(to)))
        return {session_id(caller.node_id, leg): who for leg, who in zip(ids, to, strict=True)}

    def argument(self, legs: Mapping[str, str], caller_id: str, ring_timeout_s: int, time_limit_s: int) -> str:
        routes = {leg.partition("-")[2]: self._routes.of(to) for leg, to in legs.items()}
        return bridge_argument(routes, caller_id, ring_timeout_s, time_limit_s)

    def shown(self, caller: Session, caller_id: str) -> str:
        """The caller's own number where the document names none; one that is no number is not passed on."""
        own = caller.from_number if _SHOWN.fullmatch(caller.from_number) else caller.to_number
        return caller_id or own

    def begin(self, caller: Session, legs: Mapping[str, str], caller_id: str) -> None:
        """Told of before they are dialled; what is there already was told before a crash."""

        def work(uow: UnitOfWork) -> None:
            now = uow.sessions.get(caller.id)
            if now is None or now.ended_at is not None:
                return
            for leg_id, to in legs.items():
                if uow.sessions.get(leg_id) is None:
                    session = Session(
                        leg_id, caller.app_id, caller.node_id, leg_id.partition("-")[2], dials.OUTBOUND, caller_id, to,
                        DIALLING, uow.now, peer=caller.id,
                    )  # fmt: skip
                    uow.sessions.put(session)
                    uow.dials.put(Dial(leg_id, caller.app_id, DOCUMENT, RINGING, uow.now, for_session=caller.id))
                    uow.emit(announcements.call_created(session, uow.now))

        self._store.write(work, Needs(sessions=(caller.id, *legs)))

    def over(self, legs: Mapping[str, str], cause: str) -> Dialled:
        """The dialling has ended; a leg that no channel ever was for (a phone that is not registered) ends here."""

        def work(uow: UnitOfWork) -> Dialled:
            found = [dial for leg_id in legs if (dial := uow.dials.get(leg_id)) is not None]
            answered = (leg_id for leg_id in legs if (leg := uow.sessions.get(leg_id)) and leg.answered_at is not None)
            connected = next(answered, "")
            for dial in found:
                if dial.stage == RINGING:
                    self._calls.ended(uow, told.CallEnded(dial.session_id, cause, uow.now))
            return Dialled(bool(connected) or any(dial.stage == RANG for dial in found), connected)

        return self._store.write(work, Needs(sessions=tuple(legs)))
