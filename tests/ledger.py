"""What the gateway's database owes to the app. In: its SQLite file, read from outside. Out: what is wrong.

Contract: "nothing lost once its transaction is committed, also through kill -9"; "unchanged bytes on every attempt".
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.sink import Sink

ROWS = "SELECT event_id, body FROM outbox"
PENDING = "SELECT count(*) FROM outbox WHERE state = 'pending'"
DEAD = "SELECT event, last_error FROM outbox WHERE state = 'dead'"


class Ledger:
    """note() after each kill and before the restart; `rows` is all that was ever committed, by its one id."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.rows: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.owed: list[int] = []

    def note(self) -> None:
        """What is committed now; what was committed before must still stand there as it was."""
        with closing(sqlite3.connect(self._database)) as connection:
            found = dict(connection.execute(ROWS).fetchall())
            self.owed.append(connection.execute(PENDING).fetchone()[0])
        for event_id, body in self.rows.items():
            if found.get(event_id) != body:
                self.faults.append(f"{event_id} was committed as {body!r} and is now {found.get(event_id)!r}")
        self.rows |= found

    def pending(self) -> int:
        with closing(sqlite3.connect(self._database)) as connection:
            count: int = connection.execute(PENDING).fetchone()[0]
            return count

    def compared(self, sink: Sink) -> list[str]:
        """Every committed row arrived, under its one id, as it was committed; and nothing that was not."""
        arrived = {received.id: received.body for received in sink.accepted}
        faults = list(self.faults)
        faults += [
            f"{event_id} never arrived: {body!r}" for event_id, body in self.rows.items() if event_id not in arrived
        ]
        for event_id, body in arrived.items():
            if event_id not in self.rows:
                faults.append(f"{event_id} arrived and was never committed: {body!r}")
            elif self.rows[event_id] != body:
                faults.append(f"{event_id} arrived as {body!r} and was committed as {self.rows[event_id]!r}")
        with closing(sqlite3.connect(self._database)) as connection:
            faults += [f"dead letter: {row}" for row in connection.execute(DEAD)]
        return faults
