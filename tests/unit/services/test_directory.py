"""services/directory.py: who may, what goes where, and how soon a change made elsewhere is seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.events import Outgoing
from gateway.errors import Unauthorized
from gateway.services.apps import AddedApp, Apps
from gateway.services.directory import MISS_READS_PER_S, Directory
from gateway.services.endpoints import Endpoints
from gateway.store import migrate
from gateway.store.engine import open_engine
from gateway.store.store import Store

URL = "https://app.example/hooks"


@dataclass
class SetClock:
    """Time stands until a test moves it."""

    at_ms: int = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.at_ms


class CountingStore(Store):
    """Counts what is read, since a flood of wrong keys must cost little."""

    reads = 0

    def read(self, work: Callable[..., Any]) -> Any:
        self.reads += 1
        return super().read(work)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[CountingStore]:
    engine = open_engine(f"sqlite:///{tmp_path}/gateway.db")
    migrate.upgrade(engine)
    opened = CountingStore(engine, lambda _event, _sequence, _room: Outgoing("", b"", ()), clock)
    yield opened
    opened.stop()


@pytest.fixture
def apps(store: Store) -> Apps:
    return Apps(store)


@pytest.fixture
def demo(apps: Apps) -> AddedApp:
    return apps.add_app("demo", URL)


@pytest.fixture
def directory(store: Store, clock: SetClock, demo: AddedApp) -> Directory:
    """Warm: it knows `demo` and nothing that a test adds later."""
    opened = Directory(store, clock, ttl_s=1.0)
    assert opened.app(demo.app.id) == demo.app
    return opened


def refused(directory: Directory, app_id: str, api_key: str) -> Unauthorized:
    with pytest.raises(Unauthorized) as caught:
        directory.authenticate(app_id, api_key)
    return caught.value


def test_the_right_key_opens(directory: Directory, demo: AddedApp) -> None:
    assert directory.authenticate(demo.app.id, demo.api_key) == demo.app


def test_unknown_id_and_wrong_key_get_the_same_answer_after_as_many_reads(
    directory: Directory, demo: AddedApp, store: CountingStore
) -> None:
    """Constant answers for unknown id and wrong key."""
    answers, costs = [], []
    for app_id, key in (
        ("app_0000000000000000", demo.api_key),
        (demo.app.id, "gwk_wrong"),
        ("", ""),
        (demo.app.id, "\udcff€"),
    ):
        before = store.reads
        error = refused(directory, app_id, key)
        answers.append((error.error_id, error.message, error.detail))
        costs.append(store.reads - before)
    assert len(set(map(str, answers))) == 1
    assert answers[0][0] == "unauthorized"
    assert costs == [1, 1, 1, 1]


def test_another_apps_key_is_a_wrong_key(directory: Directory, demo: AddedApp, apps: Apps) -> None:
    other = apps.add_app("other")
    refused(directory, demo.app.id, other.api_key)
    refused(directory, other.app.id, demo.api_key)


def test_an_app_added_a_moment_ago_works_at_once(directory: Directory, apps: Apps) -> None:
    """`apps add` in another process, then the first request: no waiting for the cache."""
    added = apps.add_app("late", URL)
    assert directory.authenticate(added.app.id, added.api_key) == added.app
    assert len(directory.endpoint_ids(added.app.id, "call.created")) == 1


def test_a_flood_of_wrong_keys_costs_few_reads(
    directory: Directory, demo: AddedApp, store: CountingStore, clock: SetClock
) -> None:
    before = store.reads
    for number in range(MISS_READS_PER_S * 50):
        refused(directory, demo.app.id, f"gwk_{number}")
    assert store.reads - before == MISS_READS_PER_S
    assert directory.authenticate(demo.app.id, demo.api_key) == demo.app
    clock.at_ms += 1000
    refused(directory, demo.app.id, "gwk_again")
    assert store.reads - before == MISS_READS_PER_S + 2, "the next second: the view once, the key once"


def test_during_a_flood_a_new_key_is_seen_within_the_ttl(directory: Directory, apps: Apps, clock: SetClock) -> None:
    for number in range(MISS_READS_PER_S):
        refused(directory, "app_x", f"gwk_{number}")
    added = apps.add_app("late")
    refused(directory, added.app.id, added.api_key)
    clock.at_ms += 1000
    assert directory.authenticate(added.app.id, added.api_key) == added.app


def test_rotated_keys_overlap_and_end(directory: Directory, apps: Apps, demo: AddedApp, clock: SetClock) -> None:
    """Keys are "rotatable with an overlap"; the end of the overlap needs no refresh to be felt."""
    fresh = apps.rotate_key(demo.app.id, overlap_s=60)
    directory.invalidate()
    assert directory.authenticate(demo.app.id, fresh)
    clock.at_ms += 59_999
    assert directory.authenticate(demo.app.id, demo.api_key)
    clock.at_ms += 1
    refused(directory, demo.app.id, demo.api_key)
    assert directory.authenticate(demo.app.id, fresh)


def test_a_key_rotated_without_overlap_ends_within_the_ttl(
    directory: Directory, apps: Apps, demo: AddedApp, clock: SetClock
) -> None:
    apps.rotate_key(demo.app.id, overlap_s=0)
    clock.at_ms += 1000
    refused(directory, demo.app.id, demo.api_key)


def test_a_removed_app_is_gone_within_the_ttl(
    directory: Directory, apps: Apps, demo: AddedApp, clock: SetClock
) -> None:
    apps.remove_app(demo.app.id)
    clock.at_ms += 1000
    refused(directory, demo.app.id, demo.api_key)
    assert directory.app(demo.app.id) is None
    assert directory.endpoint_ids(demo.app.id, "call.created") == ()


@pytest.mark.parametrize("number", ["+15551230002", "15551230002"])
def test_numbers_match_with_and_without_plus(directory: Directory, apps: Apps, demo: AddedApp, number: str) -> None:
    """ "numbers are any digits, matched with or without a leading +", seen at once after `numbers add`."""
    assert directory.app_of_number("+15551230002") is None
    apps.add_number("+15551230002", demo.app.id)
    assert directory.app_of_number(number) == demo.app
    assert directory.app_of_number("5551230002") is None


def test_endpoints_without_patterns_get_everything_but_talking(directory: Directory, demo: AddedApp) -> None:
    """talking_started/talking_stopped go "only to endpoints that name them"."""
    assert len(directory.endpoint_ids(demo.app.id, "conference.member.joined")) == 1
    assert directory.endpoint_ids(demo.app.id, "conference.member.talking_started") == ()


def test_patterns_and_disabled_endpoints_decide_who_gets_an_event(
    directory: Directory, store: Store, demo: AddedApp
) -> None:
    """An app has one or more endpoints, each with "an optional list of event patterns (`conference.*`)"."""
    endpoints = Endpoints(store)
    rooms = endpoints.add(demo.app.id, URL, ["conference.*"])
    calls = endpoints.add(demo.app.id, URL, ["call.*"])
    directory.invalidate()
    assert rooms.id in directory.endpoint_ids(demo.app.id, "conference.created")
    assert calls.id not in directory.endpoint_ids(demo.app.id, "conference.created")
    endpoints.disable(rooms.id, "410")
    directory.invalidate()
    assert rooms.id not in directory.endpoint_ids(demo.app.id, "conference.created")
    found = directory.endpoint(rooms.id)
    assert found is not None
    assert found.disabled_reason == "410"


def test_events_are_routed_from_memory(directory: Directory, demo: AddedApp, store: CountingStore) -> None:
    """The hot path of 10,000 events a second: no read as long as the view is fresh."""
    before = store.reads
    for _ in range(1000):
        directory.endpoint_ids(demo.app.id, "conference.member.muted")
    assert store.reads == before


def test_it_may_be_asked_inside_a_unit_of_work(
    directory: Directory, apps: Apps, store: Store, demo: AddedApp, clock: SetClock
) -> None:
    """compose() asks while a write transaction is open: the read goes over a connection of its own."""
    apps.add_number("1", demo.app.id)
    clock.at_ms += 1000
    asked = store.write(lambda uow: (directory.endpoint_ids(demo.app.id, "call.created"), directory.app_of_number("1")))
    assert len(asked[0]) == 1
    assert asked[1] == demo.app


def test_a_clock_set_back_does_not_keep_an_old_view(
    directory: Directory, apps: Apps, demo: AddedApp, clock: SetClock
) -> None:
    clock.at_ms -= 3_600_000
    apps.update_app(demo.app.id, answer_url="https://app.example/answer")
    found = directory.app(demo.app.id)
    assert found is not None
    assert found.answer_url == "https://app.example/answer"


def test_the_webhook_secret_of_an_app_added_a_moment_ago_is_known(directory: Directory, apps: Apps) -> None:
    """Another process may have added it: no callback of it may be taken for one of a removed app."""
    assert directory.webhook_secret("app_nobody") == ""
    added = apps.add_app("fresh")
    assert directory.webhook_secret(added.app.id) == added.webhook_secret


def test_the_webhook_secret_is_there_without_a_webhook_url(directory: Directory, apps: Apps) -> None:
    """ "The auth token for Plivo's SDK is the app's webhook_secret text": an app without webhooks has one too."""
    added = apps.add_app("callbacks only")
    directory.invalidate()
    assert directory.webhook_secret(added.app.id) == added.webhook_secret
    assert directory.endpoint_ids(added.app.id, "call.created") == ()
