"""Forgetting, put together for a command beside running gateways. In: the settings. Out: a Forgetting, for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.config import Settings
from gateway.domain.billing import Rounding
from gateway.domain.clock import SystemClock
from gateway.domain.ids import new_uuid
from gateway.media.parts import Media
from gateway.services.commands import CommandDesk
from gateway.services.compose import composer
from gateway.services.directory import Directory
from gateway.services.effects import FinishRecording, Transcribe
from gateway.services.forgetting import Forgetting
from gateway.services.reactions import Reactions
from gateway.services.reactions.calls import CallReactions
from gateway.services.reactions.members import MemberReactions
from gateway.services.recorded_parts import RecordedParts
from gateway.services.records import Records
from gateway.store import migrate
from gateway.store.engine import open_engine
from gateway.store.store import Store
from gateway.switch.pool import SwitchPool


@contextmanager
def open_forgetting(settings: Settings) -> Iterator[Forgetting]:
    """With a store that makes webhooks, which the running gateway delivers; and with no switch."""
    clock, pool = SystemClock(), SwitchPool([])

    def route(app_id: str, event_name: str) -> tuple[str, ...]:
        return directory.endpoint_ids(app_id, event_name)

    rounding = Rounding(settings.billing_first_s, settings.billing_next_s)
    store = Store(open_engine(settings.database_url), composer(route), clock, rounding=rounding)
    directory = Directory(store, clock)
    try:
        migrate.prepare(store.engine)
        media = Media(settings, settings.public_url, clock)
        recorded = RecordedParts(settings, store, pool, CommandDesk(store, pool, new_uuid()), media, clock)
        calls = CallReactions(directory.app_of_number, settings.inbound_wait_s, recorded.reactions)
        reactions = Reactions(calls, MemberReactions(), recorded.reactions)
        yield Forgetting(store, reactions, _looking_after(recorded, Records(store, clock, settings.cdr_dir)))
    finally:
        store.stop()


def _looking_after(recorded: RecordedParts, records: Records) -> Callable[[str], int]:
    """What a gateway does after each reconcile of a node that it serves."""

    def look_after(node_id: str) -> int:
        mends = recorded.keeper.left_over(node_id)
        for mend in mends:
            if isinstance(mend, FinishRecording):
                recorded.keeper.finish(mend)
            elif isinstance(mend, Transcribe):
                recorded.transcriptions.run(mend.recording_id)
        if not mends:
            records.close_from_cdrs(node_id)
        return len(mends)

    return look_after
