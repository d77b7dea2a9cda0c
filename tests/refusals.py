"""A database that answers and takes no changes, as on a full disk or after a failover. In: an engine. Out: a switch."""

from typing import Any

from sqlalchemy import Engine, event

from gateway.store.engine import is_postgres


class Refusal:
    """While `on`, transactions that begin may only read: SQLite says READONLY, PostgreSQL 25006."""

    def __init__(self, engine: Engine) -> None:
        self.on = False
        self._sqlite = not is_postgres(engine)
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "checkin", self._back)

    def _begin(self, connection: Any) -> None:
        if self.on:
            connection.exec_driver_sql("PRAGMA query_only = 1" if self._sqlite else "SET TRANSACTION READ ONLY")

    def _back(self, connection: Any, _record: Any) -> None:
        if self._sqlite and connection is not None:
            connection.execute("PRAGMA query_only = 0")
