"""Reconcile's conversation with a node: lists asked, answers taken from the stream, differences applied."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from gateway.domain import happenings as told
from gateway.domain.clock import Clock
from gateway.intake import reconcile, recorded, room_states
from gateway.intake.translate import Event
from gateway.services.effects import EmptyRoom
from gateway.services.reactions import Reactions, needs_of
from gateway.store import recordings as recording_rows
from gateway.store import rooms as room_rows
from gateway.store import sessions as session_rows
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.commands import ChannelExists, ConferenceList, MediaBugs, ShowChannels
from gateway.switch.node import Node
from gateway.switch.replies import Reply, job_reply
from gateway.time_limits import give_way

log = logging.getLogger(__name__)
MAX_SUSPECTS = 5000
SLICE = 200  # differences in one transaction
TURN_S = 0.005
T = TypeVar("T")
_NONE = "No active conferences"


class Snapshots:
    """`on_reconciled(node_id)` is called when a pass is complete.

    `unfinished` counts the passes in a row that left something for the next, because it had an event meanwhile: a busy
    room must not be wrong for a whole interval.
    `confirm(uow)` raises LeaseLost in the transaction that applies, where the node is another process' by now.
    """

    def __init__(
        self,
        store: Store,
        reactions: Reactions,
        clock: Clock,
        on_reconciled: Callable[[str], None],
        confirm: Callable[[UnitOfWork], None] = lambda _uow: None,
    ) -> None:
        self._store = store
        self._reactions = reactions
        self._clock = clock
        self._on_reconciled = on_reconciled
        self._confirm = confirm
        self._jobs: dict[str, tuple[str, str]] = {}
        self._touched: set[str] = set()
        self._records: set[str] | None = None  # that an application makes, as the channels are listed; None: unread
        self._withheld = False
        self._blind = True
        self.unfinished = 0
        self.reconciled_at = 0  # ms; 0: never

    def saw_nothing(self) -> None:
        """Until now nobody told us: `show channels` lags, so a call that just parked may be neither told nor listed.

        The first pass is therefore never the last word.
        """
        self._blind = True

    def forget(self) -> None:
        """A new connection: what was asked on the old one is never answered."""
        self._jobs.clear()
        self._touched.clear()
        self._withheld = False

    def ask(self, node: Node) -> None:
        self.forget()
        # Channels first: a call that came meanwhile is known before its seat is looked at. The conferences are asked
        # for behind them: of a large switch each list takes 20 MB while it is read.
        self._jobs[node.ask(ShowChannels())] = ("channels", "")

    def awaits(self, event: Event) -> bool:
        return str(event.get("Job-UUID")) in self._jobs

    def touch(self, happenings: list[told.Happening]) -> None:
        """Whatever had an event since the asking waits for the next pass."""
        if self._jobs:
            for happening in happenings:
                self._touched.add(getattr(happening, "session_id", ""))
                self._touched.add(getattr(happening, "room_id", ""))

    def answer(self, node: Node, event: Event) -> None:
        what, subject = self._jobs.pop(str(event["Job-UUID"]))
        reply = job_reply(event)
        event.pop("_body", None)
        at = int(event["Event-Date-Timestamp"]) // 1000
        if what == "channels":
            self._compare_calls(node, reply, at)
            self._jobs[node.ask(ConferenceList())] = ("conferences", "")
        elif what == "conferences":
            self._compare_members(node, reply, at)
        elif what == "exists" and reply.text.strip() == "false" and subject not in self._touched:
            self._apply([told.CallEnded(subject, "lost", at, missed=True)])
        elif what == "bugs":
            self._compare_leg(subject, reply, at)
        if not self._jobs:
            self._touched.clear()
            self.unfinished = self.unfinished + 1 if self._withheld or self._blind else 0
            self._blind = False
            self.reconciled_at = self._clock.now_ms()
            self._on_reconciled(node.id)

    def _compare_calls(self, node: Node, reply: Reply, at: int) -> None:
        known = self._known(node.id)
        try:
            self._records = None
            records: set[str] = set()
            listed = recorded.noting_records(_gently(reply.items()), records)
            rows = [reconcile.slim(row, node.id, known) for row in listed]
            self._records = records
        except (ValueError, AttributeError):
            log.warning("node %s: its channel list cannot be read: %.200r", node.id, reply.text)
            return
        channels = {"rows": rows}
        happenings, suspects = reconcile.call_differences(channels, known, node.id, frozenset(self._touched), at)
        if self._touched:
            all_of_them, _ = reconcile.call_differences(channels, known, node.id, frozenset(), at)
            self._withheld |= len(all_of_them) > len(happenings)
        self._withheld |= reconcile.is_dialling(known, at)
        self._apply(happenings)
        for suspect in suspects[:MAX_SUSPECTS]:
            self._jobs[node.ask(ChannelExists(suspect.partition("-")[2]))] = ("exists", suspect)

    def _compare_members(self, node: Node, reply: Reply, at: int) -> None:
        conferences = iter(()) if _NONE in reply.text[:100] else reply.items()
        try:
            recordings: dict[str, bool] = {}
            rooms: dict[str, room_states.Found] = {}
            noted = recorded.noting(room_states.noting(_gently(conferences), node.id, rooms), recordings)
            listed = reconcile.listed_members(noted, node.id)
        except (ValueError, AttributeError):
            log.warning("node %s: its conference list cannot be read: %.200r", node.id, reply.text)
            return
        self._empty_destroyed(sorted({member.room_id for member in listed}))
        known = self._known(node.id)
        happenings = reconcile.member_differences(listed, known, frozenset(self._touched), at)
        if self._touched:
            all_of_them = reconcile.member_differences(listed, known, frozenset(), at)
            self._withheld |= len(all_of_them) > len(happenings)
        self._apply(happenings)
        self._compare_rooms(node, rooms, at)
        self._compare_recordings(node, recordings, at)

    def _compare_rooms(self, node: Node, found: dict[str, room_states.Found], at: int) -> None:
        """After the members: a room that they came into meanwhile is known by its instance then."""
        known = self._store.read(lambda connection: room_rows.states_on(connection, node.id)) if found else []
        happenings = room_states.differences(known, found, frozenset(self._touched), at)
        self._withheld |= len(room_states.differences(known, found, frozenset(), at)) > len(happenings)
        self._apply(happenings)

    def _compare_recordings(self, node: Node, found: dict[str, bool], at: int) -> None:
        active = self._store.read(lambda c: recording_rows.active_on(c, node.id, MAX_SUSPECTS))
        if not active:
            return
        touched = frozenset(self._touched)
        happenings = recorded.room_differences(active, found, touched, at)
        self._withheld |= len(recorded.room_differences(active, found, frozenset(), at)) > len(happenings)
        if self._records is None:  # nobody knows which of the others run
            self._apply(happenings)
            return
        self._apply([*happenings, *recorded.running(active, touched, self._records, at)])
        for one in recorded.to_be_asked(active, touched, self._records):
            self._jobs[node.ask(MediaBugs(one.session_id.partition("-")[2]))] = ("bugs", one.id)

    def _compare_leg(self, recording_id: str, reply: Reply, at: int) -> None:
        recording = self._store.read(lambda connection: recording_rows.find(connection, recording_id))
        if recording is None or recording.session_id in self._touched:
            return
        session = self._store.read(lambda connection: session_rows.find(connection, recording.session_id))
        ended = session is None or session.ended_at is not None
        self._apply(recorded.leg_differences(recording, reply.text, ended, at))

    def _empty_destroyed(self, room_ids: list[str]) -> None:
        destroyed = self._store.read(lambda connection: room_rows.destroyed_among(connection, room_ids))

        def work(uow: UnitOfWork) -> None:
            for room_id in destroyed:
                uow.after_commit(EmptyRoom(room_id))

        if destroyed:
            self._store.write(work)

    def _known(self, node_id: str) -> reconcile.Known:
        """Read outside the writes: what a request changes meanwhile, each reaction sees in the rows it judges by."""
        return self._store.read(
            lambda connection: reconcile.Known(
                {one.id: one for one in _gently(session_rows.states_on(connection, node_id))},
                {one.session_id: one for one in _gently(session_rows.seats_on(connection, node_id))},
            )
        )

    def _apply(self, happenings: list[told.Happening]) -> None:
        """In order, slice by slice: requests go on between two of them."""
        for start in range(0, len(happenings), SLICE):
            some = happenings[start : start + SLICE]
            self._store.write(lambda uow, some=some: self._apply_all(uow, some), needs_of(some))  # type: ignore[misc]
        if happenings:
            log.info("reconcile: %d differences applied", len(happenings))

    def _apply_all(self, uow: UnitOfWork, happenings: list[told.Happening]) -> None:
        self._confirm(uow)
        for happening in happenings:
            self._reactions.apply(uow, happening)


def _gently(items: Iterable[T]) -> Iterator[T]:
    """A list may have tens of thousands of entries: others have their turn every few milliseconds."""
    began = time.monotonic()
    for item in items:
        yield item
        if time.monotonic() - began > TURN_S:
            give_way()
            began = time.monotonic()
