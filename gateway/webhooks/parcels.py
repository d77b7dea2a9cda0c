"""Bodies of rows, fetched together shortly before they are sent. In: the id of a row. Out: its parcel."""

from collections.abc import Iterable

from gevent.lock import BoundedSemaphore

from gateway.domain.deliveries import Parcel
from gateway.store import outbox
from gateway.store.store import Store
from gateway.webhooks.lanes import Lanes

AT_ONCE = 200
MAX_BYTES = 4_194_304  # fetched ahead, per endpoint


class Parcels:
    def __init__(self, store: Store, lanes: Lanes) -> None:
        self._store = store
        self._lanes = lanes
        self._held: dict[int, Parcel] = {}
        self._bytes = 0
        self._most_bytes = MAX_BYTES
        self._fetching = BoundedSemaphore(1)

    def get(self, row_id: int, ahead: bool) -> Parcel | None:
        """None when the row is no longer pending. `ahead`: the rows behind it are fetched, too."""
        if row_id not in self._held:
            with self._fetching:
                if row_id not in self._held:
                    self._fetch([row_id, *(self._lanes.upcoming(AT_ONCE, self._held) if ahead else [])])
        parcel = self._held.pop(row_id, None)
        self._bytes -= len(parcel.body) if parcel else 0
        return parcel

    def hand(self, parcels: Iterable[Parcel], most_bytes: int) -> None:
        """Rows that were just committed: held as far as there is room, else fetched when it is their turn."""
        self._most_bytes = max(MAX_BYTES, most_bytes)
        for parcel in parcels:
            if self._bytes + len(parcel.body) > most_bytes:
                return
            self._held[parcel.id] = parcel
            self._bytes += len(parcel.body)

    def clear(self) -> None:
        self._held.clear()
        self._bytes = 0

    def _fetch(self, ids: list[int]) -> None:
        if self._bytes > self._most_bytes:
            self.clear()
        for parcel in self._store.read(lambda connection: outbox.parcels(connection, ids)):
            self._held[parcel.id] = parcel
            self._bytes += len(parcel.body)
