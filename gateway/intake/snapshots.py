"""Reconcile's conversation with a node: lists asked, answers taken from the stream, differences applied."""

import logging
from collections.abc import Callable
from typing import Any

from gateway.domain import happenings as told
from gateway.domain.clock import Clock
from gateway.intake import reconcile
from gateway.intake.translate import Event
from gateway.services.effects import EmptyRoom
from gateway.services.reactions import Reactions
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import ChannelExists, ConferenceList, ShowChannels
from gateway.switch.node import Node
from gateway.switch.replies import Reply, job_reply

log = logging.getLogger(__name__)
MAX_SUSPECTS = 5000
_NONE = "No active conferences"


class Snapshots:
    """`on_reconciled(node_id)` is called when a pass is complete."""

    def __init__(self, store: Store, reactions: Reactions, clock: Clock, on_reconciled: Callable[[str], None]) -> None:
        self._store = store
        self._reactions = reactions
        self._clock = clock
        self._on_reconciled = on_reconciled
        self._jobs: dict[str, tuple[str, str]] = {}
        self._touched: set[str] = set()

    def forget(self) -> None:
        """A new connection: what was asked on the old one is never answered."""
        self._jobs.clear()
        self._touched.clear()

    def ask(self, node: Node) -> None:
        self.forget()
        # Channels first: a call that came meanwhile is known before its seat is looked at.
        self._jobs[node.ask(ShowChannels())] = ("channels", "")
        self._jobs[node.ask(ConferenceList())] = ("conferences", "")

    def awaits(self, event: Event) -> bool:
        return event.get("Job-UUID") in self._jobs

    def touch(self, happenings: list[told.Happening]) -> None:
        """Whatever had an event since the asking waits for the next pass."""
        if self._jobs:
            for happening in happenings:
                self._touched.add(getattr(happening, "session_id", ""))
                self._touched.add(getattr(happening, "room_id", ""))

    def answer(self, node: Node, event: Event) -> None:
        what, subject = self._jobs.pop(str(event["Job-UUID"]))
        reply = job_reply(event)
        at = int(event["Event-Date-Timestamp"]) // 1000
        if what == "channels":
            self._compare_calls(node, reply, at)
        elif what == "conferences":
            self._compare_members(node, reply, at)
        elif reply.text.strip() == "false" and subject not in self._touched:
            self._apply(lambda _uow: [told.CallEnded(subject, "lost", at, missed=True)])
        if not self._jobs:
            self._touched.clear()
            self._on_reconciled(node.id)

    def _compare_calls(self, node: Node, reply: Reply, at: int) -> None:
        channels = reply.json()
        if channels is None:
            log.warning("node %s: its channel list cannot be read: %.200r", node.id, reply.text)
            return
        suspects: list[str] = []

        def differences(uow: UnitOfWork) -> list[told.Happening]:
            happenings, found = reconcile.call_differences(
                channels, _known(uow, node.id), node.id, frozenset(self._touched), at
            )
            suspects.extend(found)
            return happenings

        self._apply(differences)
        for suspect in suspects[:MAX_SUSPECTS]:
            self._jobs[node.ask(ChannelExists(suspect.partition("-")[2]))] = ("exists", suspect)

    def _compare_members(self, node: Node, reply: Reply, at: int) -> None:
        conferences: Any = [] if _NONE in reply.text else reply.json()
        if not isinstance(conferences, list):
            log.warning("node %s: its conference list cannot be read: %.200r", node.id, reply.text)
            return
        listed = reconcile.listed_members(conferences, node.id)

        def differences(uow: UnitOfWork) -> list[told.Happening]:
            for room_id in {member.room_id for member in listed}:
                room = uow.rooms.get(room_id)
                if room is not None and room.destroyed_at is not None:
                    uow.after_commit(EmptyRoom(room_id))
            return reconcile.member_differences(listed, _known(uow, node.id), frozenset(self._touched), at)

        self._apply(differences)

    def _apply(self, differences: Callable[[UnitOfWork], list[told.Happening]]) -> None:
        def work(uow: UnitOfWork) -> int:
            happenings = differences(uow)
            for happening in happenings:
                self._reactions.apply(uow, happening)
            return len(happenings)

        if count := self._store.write(work):
            log.info("reconcile: %d differences applied", count)


def _known(uow: UnitOfWork, node_id: str) -> reconcile.Known:
    """As this transaction sees it: what others in the group have changed is written first."""
    uow.flush_rows()
    sessions = {session.id: session for session in session_rows.alive_on(uow.connection, node_id)}
    seats = {seat.session_id: seat for seat in session_rows.seats_on(uow.connection, node_id)}
    return reconcile.Known(sessions, seats)
