"""services/apps.py and services/endpoints.py: what an operator may do, and what is refused."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.domain.clock import SystemClock
from gateway.domain.events import Outgoing
from gateway.domain.flow import Callback
from gateway.domain.room import Room
from gateway.domain.urls import MAX_URL_CHARS
from gateway.errors import Conflict, InvalidInput, NotFound
from gateway.services.apps import Apps
from gateway.services.endpoints import NO_URL, Endpoints
from gateway.store import migrate, outbox
from gateway.store.engine import open_engine
from gateway.store.store import Store
from gateway.store.tables import api_keys

URL = "https://app.example/hooks"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = open_engine(f"sqlite:///{tmp_path}/gateway.db")
    migrate.upgrade(engine)
    opened = Store(engine, lambda _event, _sequence, _room: Outgoing("", b"", ()), SystemClock())
    yield opened
    opened.stop()


@pytest.fixture
def apps(store: Store) -> Apps:
    return Apps(store)


@pytest.fixture
def endpoints(store: Store) -> Endpoints:
    return Endpoints(store)


def test_keys_are_stored_hashed(apps: Apps, store: Store) -> None:
    """ "keys are stored hashed": what is in the database opens nothing."""
    added = apps.add_app("demo", URL)
    rows = store.read(lambda connection: connection.execute(select(api_keys)).all())
    assert added.api_key not in str(rows)
    assert len(base64.urlsafe_b64decode(added.api_key.removeprefix("gwk_") + "=")) == 32


def test_the_secret_is_one_of_standard_webhooks(apps: Apps, endpoints: Endpoints) -> None:
    """secret `whsec_…`: 24 random bytes in base64, kept with the app's first endpoint."""
    added = apps.add_app("demo", URL)
    assert len(base64.b64decode(added.webhook_secret.removeprefix("whsec_"))) == 24
    (endpoint,) = endpoints.list_endpoints(added.app.id)
    assert (endpoint.url, endpoint.secrets, endpoint.disabled_at) == (URL, [added.webhook_secret], None)


def test_a_url_set_later_wakes_the_endpoint_and_keeps_the_secret(apps: Apps, endpoints: Endpoints) -> None:
    added = apps.add_app("demo")
    (waiting,) = endpoints.list_endpoints(added.app.id)
    assert (waiting.disabled_reason, waiting.secrets) == (NO_URL, [added.webhook_secret])
    with pytest.raises(Conflict):
        endpoints.enable(waiting.id)
    apps.update_app(added.app.id, webhook_url=URL)
    (endpoint,) = endpoints.list_endpoints(added.app.id)
    assert (endpoint.url, endpoint.disabled_at, endpoint.secrets) == (URL, None, waiting.secrets)
    apps.update_app(added.app.id, webhook_url="")
    (endpoint,) = endpoints.list_endpoints(added.app.id)
    assert (endpoint.url, endpoint.disabled_reason) == ("", NO_URL)


def test_a_new_url_does_not_wake_an_endpoint_disabled_for_another_reason(apps: Apps, endpoints: Endpoints) -> None:
    """ "410 disables the endpoint": only somebody who says so enables it again."""
    added = apps.add_app("demo", URL)
    (endpoint,) = endpoints.list_endpoints(added.app.id)
    endpoints.disable(endpoint.id, "410 Gone")
    apps.update_app(added.app.id, webhook_url=URL + "/2")
    (changed,) = endpoints.list_endpoints(added.app.id)
    assert (changed.url, changed.disabled_reason) == (URL + "/2", "410 Gone")
    assert endpoints.enable(endpoint.id).disabled_at is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://app.example/x",
        "app.example/x",
        "https:///x",
        "http://",
        "https://user:password@app.example/",
        "https://app.example/a b",
        "https://app.example/\r\nX: y",
        "https://app.example/\x00",
        "https://app.example\\@evil.example/",
        "https://app.example:99999/",
        "https://[::1/",
        "https://app.example/" + "x" * MAX_URL_CHARS,
    ],
)
def test_a_wrong_url_is_refused_naming_the_field(apps: Apps, endpoints: Endpoints, url: str) -> None:
    attempts: dict[str, Callable[[], object]] = {
        "webhook_url": lambda: apps.add_app("demo", webhook_url=url),
        "answer_url": lambda: apps.add_app("demo", answer_url=url),
        "fallback_url": lambda: apps.add_app("demo", settings={"fallback_url": url}),
    }
    for field, add in attempts.items():
        with pytest.raises(InvalidInput) as caught:
            add()
        assert list(caught.value.detail["fields"]) == [field]
        assert caught.value.message.startswith(field)
    assert apps.list_apps() == []
    app = apps.add_app("demo").app
    with pytest.raises(InvalidInput):
        endpoints.add(app.id, url)


def test_settings_of_documents(apps: Apps) -> None:
    """app settings `--answer-method POST|GET`, `--answer-format form|json`, `--document-dialect plivo|voxml`."""
    chosen = {"answer_method": "GET", "answer_format": "json", "document_dialect": "voxml"}
    app = apps.add_app("demo", None, "https://app.example/answer", chosen).app
    assert apps.find(app.id).settings == chosen
    changed = apps.update_app(app.id, settings={"answer_method": "", "answer_format": "form"})
    assert changed.settings == {"answer_format": "form", "document_dialect": "voxml"}
    for wrong in ({"answer_method": "PUT"}, {"answer_format": "xml"}, {"document_dialect": "x"}, {"color": "red"}):
        with pytest.raises(InvalidInput):
            apps.update_app(app.id, settings=wrong)
    assert apps.find(app.id) == changed


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "x" * 129])
def test_a_wrong_name_is_refused(apps: Apps, name: str) -> None:
    with pytest.raises(InvalidInput):
        apps.add_app(name)


def test_an_app_is_found_by_id_and_by_a_name_that_only_it_has(apps: Apps) -> None:
    first = apps.add_app("demo").app
    assert apps.find(first.id) == apps.find("demo") == first
    second = apps.add_app("demo").app
    with pytest.raises(Conflict, match=second.id):
        apps.find("demo")
    with pytest.raises(NotFound):
        apps.find("nobody")


def test_numbers_belong_to_one_app(apps: Apps) -> None:
    """ "numbers are any digits, matched with or without a leading +": so these two are one number."""
    ours, theirs = apps.add_app("ours").app, apps.add_app("theirs").app
    added = apps.add_number("+15551230002", ours.id)
    assert added.digits == "15551230002"
    assert apps.add_number("15551230002", ours.id) == added, "the same again changes nothing"
    with pytest.raises(Conflict):
        apps.add_number("15551230002", theirs.id)
    assert apps.list_numbers(theirs.id) == []
    assert apps.remove_number("+15551230002") == added
    assert apps.add_number("15551230002", theirs.id).app_id == theirs.id
    with pytest.raises(NotFound):
        apps.remove_number("404")
    with pytest.raises(NotFound):
        apps.add_number("1", "app_nobody")


@pytest.mark.parametrize("number", ["", "+", "++1", "12a", "1 2", "1\n", "١٢٣", "sip:1@x", "1" * 33])
def test_what_is_no_number_is_refused(apps: Apps, number: str) -> None:
    app = apps.add_app("demo").app
    if number.strip() == "1":
        assert apps.add_number(number, app.id).digits == "1"
        return
    with pytest.raises(InvalidInput):
        apps.add_number(number, app.id)


def test_rotated_keys_keep_their_earlier_end(apps: Apps) -> None:
    """A second rotation with a longer overlap does not give a key that was leaked a longer life."""
    app = apps.add_app("demo").app
    apps.rotate_key(app.id, overlap_s=10)
    first_end = min(key.expires_at or 0 for key in apps.keys_of(app.id) if key.expires_at)
    apps.rotate_key(app.id, overlap_s=1000)
    ends = sorted(key.expires_at for key in apps.keys_of(app.id) if key.expires_at)
    assert ends[0] == first_end
    assert len(ends) == 2
    apps.rotate_key(app.id, overlap_s=0)
    (last,) = apps.keys_of(app.id)
    assert last.expires_at is None


def test_a_rotated_secret_signs_beside_the_new_one(apps: Apps, endpoints: Endpoints) -> None:
    """ "several signatures while a secret is rotated"."""
    app = apps.add_app("demo", URL).app
    added = endpoints.add(app.id, URL)
    rotated = endpoints.rotate_secret(added.id, overlap_s=60)
    assert rotated.secrets[1:] == added.secrets
    assert rotated.old_secret_expires_at is not None
    again = endpoints.rotate_secret(added.id, overlap_s=0)
    assert len(again.secrets) == 1
    assert again.old_secret_expires_at is None
    assert again.secrets[0] not in rotated.secrets


def test_endpoints_have_secrets_and_patterns_of_their_own(apps: Apps, endpoints: Endpoints) -> None:
    """An app has one or more endpoints, "each with its own secret and an optional list of event patterns"."""
    added = apps.add_app("demo", URL)
    more = endpoints.add(added.app.id, URL, ["call.*", "call.*"])
    assert more.patterns == ["call.*"]
    assert more.secrets != [added.webhook_secret]
    assert endpoints.update(more.id, patterns=[]).patterns is None
    assert endpoints.update(more.id, url=URL + "/2").url == URL + "/2"
    for pattern in ("", "call created", "CALL.*", "call.[ab]"):
        with pytest.raises(InvalidInput):
            endpoints.update(more.id, patterns=[pattern])
    endpoints.remove(more.id)
    with pytest.raises(NotFound):
        endpoints.enable(more.id)


def test_the_endpoint_with_the_apps_secret_stays(apps: Apps, endpoints: Endpoints) -> None:
    app = apps.add_app("demo", URL).app
    (primary,) = endpoints.list_endpoints(app.id)
    with pytest.raises(Conflict):
        endpoints.remove(primary.id)


def test_callbacks_of_a_removed_app_are_dead_letters(apps: Apps, store: Store) -> None:
    """ "All are signed with X-Plivo-Signature-V3": the secret goes with the app, so what is pending does not go out."""
    app, other = apps.add_app("demo", URL).app, apps.add_app("other", URL).app
    for one in (app, other):
        store.write(lambda uow, app_id=one.id: uow.tell(Callback(URL), app_id, "session"))  # type: ignore[misc]
    apps.remove_app(app.id)
    rows = {
        row.app_id: row for row in store.read(lambda connection: outbox.listed(connection, outbox.DeliveryFilter(), 9))
    }
    assert (rows[app.id].state, rows[app.id].last_error) == ("dead", "app-removed")
    assert rows[other.id].state == "pending"


def test_an_app_with_a_living_room_is_not_removed(apps: Apps, endpoints: Endpoints, store: Store) -> None:
    app = apps.add_app("demo", URL).app
    apps.add_number("1", app.id)
    room = Room("acW68-room-1", app.id, "acW68", "r", "api", 1)
    store.write(lambda uow: uow.rooms.put(room))
    with pytest.raises(Conflict) as caught:
        apps.remove_app(app.id)
    assert caught.value.detail == {"rooms": 1, "sessions": 0}
    store.write(lambda uow: uow.rooms.drop(room.id))
    apps.remove_app(app.id)
    assert (apps.list_apps(), apps.list_numbers(), endpoints.list_endpoints(app.id)) == ([], [], [])
    with pytest.raises(NotFound):
        apps.remove_app(app.id)
