"""The directory: who an app is, its endpoints and numbers. In: ids, keys, numbers. Out: values, from memory.

The whole directory is small and is kept as one immutable view, read again when it is older than `ttl_s`: so a
change made by the CLI, another process, is seen within `ttl_s`. What the view does not know is asked of the
database at once, so that an app added a moment ago works, but no more than MISS_READS_PER_S times a second.
"""

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass, field

from gateway.domain.apps import ApiKey, App, Endpoint
from gateway.domain.clock import Clock
from gateway.domain.ids import normalised_number, primary_endpoint_id
from gateway.domain.patterns import matches
from gateway.errors import Unauthorized
from gateway.store import apps as rows
from gateway.store.store import Store

MISS_READS_PER_S = 20  # of each kind: a flood of wrong keys costs this many indexed reads a second, no more
_KEYS_COMPARED = 2  # an app has one key, or two while one is rotated: fewer are made up to this many
_NO_KEY = ApiKey("0" * 64, "", 0, 0)


def key_hash(api_key: str) -> str:
    """What is kept of a key: 256 random bits, which nobody finds from their SHA-256 by trying.

    A slow, salted hash, made for passwords, would buy nothing and cost every request.
    """
    return hashlib.sha256(api_key.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class _View:
    """The directory as it was at `read_at`; `targets` remembers which endpoints an event goes to."""

    read_at: int
    apps: dict[str, App]
    keys: dict[str, tuple[ApiKey, ...]]
    endpoints: dict[str, Endpoint]
    endpoints_of: dict[str, tuple[Endpoint, ...]]
    numbers: dict[str, str]
    targets: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


class _Budget:
    """At most `per_s` tokens in any second, by the clock that the directory has."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._second = -1
        self._left = 0

    def take(self, now_ms: int) -> bool:
        second = now_ms // 1000
        if second != self._second:
            self._second, self._left = second, self._per_s
        if self._left == 0:
            return False
        self._left -= 1
        return True


class Directory:
    """Hot-path look-ups. Safe inside a unit of work: it only reads, on a connection of its own."""

    def __init__(self, store: Store, clock: Clock, ttl_s: float = 1.0) -> None:
        self._store = store
        self._clock = clock
        self._ttl_ms = int(ttl_s * 1000)
        self._known: _View | None = None
        self._reading = False
        self._changes = 0
        self._key_misses = _Budget(MISS_READS_PER_S)
        self._app_misses = _Budget(MISS_READS_PER_S)
        self._number_misses = _Budget(MISS_READS_PER_S)

    def authenticate(self, app_id: str, api_key: str) -> App:
        """Raises Unauthorized: same words, about the same work, for an unknown id and a wrong key."""
        presented = key_hash(api_key)
        app = self._holder(self._view(), app_id, presented)
        if app is None and app_id.isprintable() and self._key_misses.take(self._clock.now_ms()):
            fresh = self._store.read(lambda connection: rows.has_key(connection, app_id, presented))
            if fresh:
                app = self._holder(self._read(), app_id, presented)
        if app is None:
            raise Unauthorized("The app id or the API key is missing or wrong.")
        return app

    def app(self, app_id: str) -> App | None:
        app = self._view().apps.get(app_id)
        if app is None and self._app_misses.take(self._clock.now_ms()):
            fresh = self._store.read(lambda connection: rows.find_app(connection, app_id))
            if fresh is not None:
                app = self._read().apps.get(app_id)
        return app

    def endpoint(self, endpoint_id: str) -> Endpoint | None:
        return self._view().endpoints.get(endpoint_id)

    def endpoint_ids(self, app_id: str, event_name: str) -> tuple[str, ...]:
        """The enabled endpoints that get this event. Asked for every event: remembered per view."""
        view = self._view()
        target = (app_id, event_name)
        found = view.targets.get(target)
        if found is None:
            found = tuple(
                endpoint.id
                for endpoint in view.endpoints_of.get(app_id, ())
                if endpoint.disabled_at is None and matches(endpoint.patterns, event_name)
            )
            if app_id in view.apps:  # what is remembered is bounded by the apps and events that exist
                view.targets[target] = found
        return found

    def webhook_secret(self, app_id: str) -> str:
        """The app's webhook_secret, the newest of its primary endpoint; '' for an app that does not exist."""
        endpoint_id = primary_endpoint_id(app_id)
        endpoint = self._view().endpoints.get(endpoint_id)
        if endpoint is None:  # only then is a callback the last of a removed app, and dead
            endpoint = self._store.read(lambda connection: rows.find_endpoint(connection, endpoint_id))
        return endpoint.secrets[0] if endpoint else ""

    def app_of_number(self, number: str) -> App | None:
        """The app that this dialled number, with or without a leading +, belongs to."""
        digits = normalised_number(number)
        view = self._view()
        app_id = view.numbers.get(digits)
        if app_id is None and self._number_misses.take(self._clock.now_ms()):
            fresh = self._store.read(lambda connection: rows.find_number(connection, digits))
            if fresh is not None:
                view, app_id = self._read(), fresh.app_id
        return None if app_id is None else view.apps.get(app_id)

    def invalidate(self) -> None:
        """Read again at the next question: this process has just changed something."""
        self._known = None
        self._changes += 1

    def _holder(self, view: _View, app_id: str, presented: str) -> App | None:
        now = self._clock.now_ms()
        keys = view.keys.get(app_id, ())
        keys += (_NO_KEY,) * max(0, _KEYS_COMPARED - len(keys))
        right = False
        for key in keys:
            same = hmac.compare_digest(key.key_hash, presented)
            right |= same and (key.expires_at is None or now < key.expires_at)
        app = view.apps.get(app_id)
        return app if right else None

    def _view(self) -> _View:
        view = self._known
        # A clock set back must not keep an old view alive, hence both ends of the range.
        if view is not None and (self._reading or 0 <= self._clock.now_ms() - view.read_at < self._ttl_ms):
            return view
        return self._read()

    def _read(self) -> _View:
        """On PostgreSQL this waits: others meanwhile go on with the view before it."""
        read_at, changes = self._clock.now_ms(), self._changes
        self._reading = True
        try:
            found = self._store.read(rows.everything)
        finally:
            self._reading = False
        view = _made(found, read_at)
        if changes == self._changes:  # else something was changed while we read: good for this question only
            self._known = view
        return view


def _made(found: rows.Everything, read_at: int) -> _View:
    keys: dict[str, tuple[ApiKey, ...]] = defaultdict(tuple)
    for key in found.keys:
        keys[key.app_id] += (key,)
    endpoints_of: dict[str, tuple[Endpoint, ...]] = defaultdict(tuple)
    for endpoint in found.endpoints:
        endpoints_of[endpoint.app_id] += (endpoint,)
    return _View(
        read_at,
        {app.id: app for app in found.apps},
        dict(keys),
        {endpoint.id: endpoint for endpoint in found.endpoints},
        dict(endpoints_of),
        {number.digits: number.app_id for number in found.numbers},
    )
