"""Managing apps, their keys and numbers. In: what an operator asks by the CLI. Out: values, and secrets told once."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway.domain import ids
from gateway.domain.apps import ApiKey, App, Endpoint, Number
from gateway.domain.urls import url_fault
from gateway.domain.values import replace
from gateway.errors import Conflict, InvalidInput, NotFound
from gateway.services.directory import key_hash
from gateway.services.endpoints import BURIED_AT_ONCE, checked_url, pointed_at
from gateway.store import apps as rows
from gateway.store import outbox
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork

MAX_NAME_CHARS = 128
MAX_DIGITS = 32
CHOICES = {
    "answer_method": ("POST", "GET"),
    "answer_format": ("form", "json"),
    "document_dialect": ("plivo", "voxml"),
}
URL_SETTINGS = ("fallback_url",)


class AddedApp(NamedTuple):
    """`api_key` is told here and never again; only its hash is kept."""

    app: App
    api_key: str
    webhook_secret: str


class Apps:
    """Each method is one transaction. Names are labels and may repeat; the id is what counts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_app(
        self,
        name: str,
        webhook_url: str | None = None,
        answer_url: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> AddedApp:
        """The app always gets a primary endpoint, without a URL a disabled one.

        Its secret, the app's webhook_secret, signs the callbacks of documents, too, and stays when a URL is set later.
        """
        name = _checked_name(name)
        answer_url = checked_url("answer_url", answer_url) if answer_url else ""
        kept = _checked_settings(settings or {})
        app_id, api_key, secret = ids.new_app_id(), ids.new_api_key(), ids.new_webhook_secret()
        url = checked_url("webhook_url", webhook_url) if webhook_url else ""

        def work(uow: UnitOfWork) -> App:
            app = App(app_id, name, uow.now, answer_url, kept)
            endpoint = Endpoint(ids.primary_endpoint_id(app_id), app_id, "", uow.now, None, [secret])
            rows.insert(uow, app)
            rows.insert(uow, ApiKey(key_hash(api_key), app_id, uow.now))
            rows.insert(uow, pointed_at(endpoint, url, uow.now))
            return app

        return AddedApp(self._store.write(work), api_key, secret)

    def list_apps(self) -> list[App]:
        return self._store.read(rows.list_apps)

    def find(self, id_or_name: str) -> App:
        """By id, or by name where only one app has it."""
        app = self._store.read(lambda connection: rows.find_app(connection, id_or_name))
        if app is not None:
            return app
        named = self._store.read(lambda connection: rows.apps_named(connection, id_or_name))
        if not named:
            raise NotFound(f"There is no app with the id or name {id_or_name!r}.")
        if len(named) > 1:
            several = ", ".join(app.id for app in named)
            raise Conflict(f"Several apps are named {id_or_name!r}: use the id of one ({several}).")
        return named[0]

    def update_app(
        self,
        app_id: str,
        name: str | None = None,
        webhook_url: str | None = None,
        answer_url: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> App:
        """What is None stays, '' takes a URL or setting away."""
        kept_name = None if name is None else _checked_name(name)
        if answer_url:
            checked_url("answer_url", answer_url)
        if webhook_url:
            checked_url("webhook_url", webhook_url)
        asked = _checked_settings(settings or {})

        def work(uow: UnitOfWork) -> App:
            app = _locked(uow, app_id)
            app = replace(
                app,
                name=app.name if kept_name is None else kept_name,
                answer_url=app.answer_url if answer_url is None else answer_url,
                settings={key: value for key, value in {**app.settings, **asked}.items() if value},
            )
            rows.update(uow, app)
            if webhook_url is not None:
                endpoint = rows.find_endpoint(uow.connection, ids.primary_endpoint_id(app_id), lock=True)
                if endpoint is not None:
                    rows.update(uow, pointed_at(endpoint, webhook_url, uow.now))
            return app

        return self._store.write(work)

    def rotate_key(self, app_id: str, overlap_s: int) -> str:
        """A new key, told once; those before it end after `overlap_s`, or earlier if they already had an end."""
        if overlap_s < 0:
            raise InvalidInput("overlap_s must not be negative.", detail={"fields": {"overlap_s": ["< 0"]}})
        api_key = ids.new_api_key()

        def work(uow: UnitOfWork) -> str:
            _locked(uow, app_id)
            end = uow.now + overlap_s * 1000
            for key in rows.keys_of(uow.connection, app_id):
                expires_at = end if key.expires_at is None else min(end, key.expires_at)
                if expires_at <= uow.now:
                    rows.delete(uow, key)
                else:
                    rows.update(uow, replace(key, expires_at=expires_at))
            rows.insert(uow, ApiKey(key_hash(api_key), app_id, uow.now))
            return api_key

        return self._store.write(work)

    def remove_app(self, app_id: str) -> None:
        """Refused while a room or session of it is alive: nobody could end them any more."""

        def work(uow: UnitOfWork) -> None:
            app = _locked(uow, app_id)
            rooms, sessions = rows.living(uow.connection, app_id)
            if rooms or sessions:
                raise Conflict(
                    f"The app {app.name!r} still has {rooms} rooms and {sessions} calls: end them first.",
                    "app-in-use",
                    {"rooms": rooms, "sessions": sessions},
                )
            outbox.bury_app(uow, app_id, "app-removed", uow.now, BURIED_AT_ONCE)
            belongings: list[rows.AppRecord] = [
                *rows.keys_of(uow.connection, app_id),
                *rows.list_numbers(uow.connection, app_id),
                *rows.endpoints_of(uow.connection, app_id),
                app,
            ]
            for record in belongings:
                rows.delete(uow, record)

        self._store.write(work)

    def keys_of(self, app_id: str) -> list[ApiKey]:
        return self._store.read(lambda connection: rows.keys_of(connection, app_id))

    def add_number(self, number: str, app_id: str) -> Number:
        """Numbers are any digits; a leading + makes no difference. Adding one again changes nothing."""
        digits = ids.normalised_number(number.strip())
        if not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS):
            raise InvalidInput(
                f"A number is 1 to {MAX_DIGITS} digits, with or without a leading +: {number!r} is not.",
                detail={"fields": {"number": ["Not a number."]}},
            )

        def work(uow: UnitOfWork) -> Number:
            _locked(uow, app_id)
            taken = rows.find_number(uow.connection, digits)
            if taken is not None and taken.app_id != app_id:
                raise Conflict(f"The number {digits} belongs to another app: remove it there first.", "number-taken")
            if taken is not None:
                return taken
            added = Number(digits, app_id, uow.now)
            rows.insert(uow, added)
            return added

        return self._store.write(work)

    def list_numbers(self, app_id: str | None = None) -> list[Number]:
        return self._store.read(lambda connection: rows.list_numbers(connection, app_id))

    def remove_number(self, number: str) -> Number:
        digits = ids.normalised_number(number.strip())

        def work(uow: UnitOfWork) -> Number:
            found = rows.find_number(uow.connection, digits)
            if found is None:
                raise NotFound(f"The number {number!r} belongs to no app.")
            rows.delete(uow, found)
            return found

        return self._store.write(work)


def _locked(uow: UnitOfWork, app_id: str) -> App:
    app = rows.find_app(uow.connection, app_id, lock=True)
    if app is None:
        raise NotFound(f"There is no app with the id {app_id!r}.")
    return app


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise InvalidInput(
            f"The name of an app is 1 to {MAX_NAME_CHARS} printable characters.",
            detail={"fields": {"name": ["Not a name."]}},
        )
    return name


def _checked_settings(settings: Mapping[str, str]) -> dict[str, str]:
    for key, value in settings.items():
        if key in URL_SETTINGS:
            fault = url_fault(value) if value else None
        elif key in CHOICES:
            fault = None if value in ("", *CHOICES[key]) else f"must be {' or '.join(CHOICES[key])}"
        else:
            fault = "is not a setting of an app"
        if fault:
            raise InvalidInput(f"{key} {fault}.", detail={"fields": {key: [fault]}})
    return dict(settings)
