"""A store with one app whose events are kept as they are told: for tests of what a happening means."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from gateway.domain.apps import App
from gateway.domain.clock import SystemClock
from gateway.domain.happenings import Happening
from gateway.services.compose import composer
from gateway.services.reactions import Reactions, needs_of
from gateway.services.reactions.calls import CallReactions
from gateway.services.reactions.members import MemberReactions
from gateway.services.reactions.recordings import RecordingReactions
from gateway.store import tables
from gateway.store.engine import open_engine
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork

APP = App("app_1", "demo", 0)
NODE = "acW68"
CALL = "acW68-673dab88-324f-48ed-810a-ed188f50f72a"
CALL2 = "acW68-bed109f8-6181-4965-a7ce-3e6fac667ea1"
ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
CONFERENCE = "151cd7e3-ce06-4e6c-8865-7db0c864b843"


class World:
    """`happen` applies happenings in one transaction; `told` is every webhook body so far."""

    def __init__(self, directory: Path, url: str = "") -> None:
        self.engine = open_engine(url or f"sqlite:///{directory}/gateway.db")
        tables.metadata.create_all(self.engine)
        self.store = Store(self.engine, composer(lambda _app, _event: ("ep_1",)), SystemClock())
        self.effects: list[Any] = []
        self.store.on_commit = lambda effects, _written: self.effects.extend(effects)
        self.numbers = {"15551230002": APP}
        recordings = RecordingReactions(lambda recording: f"http://gateway.test/media/{recording.file_name}")
        self.reactions = Reactions(CallReactions(self.numbers.get, 60, recordings), MemberReactions(), recordings)

    def happen(self, *happenings: Happening) -> None:
        def work(uow: UnitOfWork) -> None:
            for happening in happenings:
                self.reactions.apply(uow, happening)

        self.store.write(work, needs_of(list(happenings)))

    def change(self, work: Callable[[UnitOfWork], Any]) -> None:
        self.store.write(work)

    @property
    def told(self) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(tables.outbox.c.body).order_by(tables.outbox.c.id)).scalars()
            return [orjson.loads(body) for body in rows]

    @property
    def names(self) -> list[str]:
        return [event["event"] for event in self.told]

    def close(self) -> None:
        self.store.stop()
