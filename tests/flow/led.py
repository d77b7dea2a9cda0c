"""A house with an app that answers: calls led by documents, and what became of them."""

from typing import Any

from gateway.domain.flow import Flow
from gateway.services.apps import Apps
from gateway.store import flows as flow_rows
from tests.answer_app import AnswerApp
from tests.flow.house import Client, House, channel
from tests.flow.watched_switch import NODE
from tests.waiting import wait_for

CALLER = "+15550001111"


def xml(*verbs: str) -> str:
    return f"<Response>{''.join(verbs)}</Response>"


class LedHouse:
    """`dial` makes an app with these documents and a call of it; `pages` is the app's server."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.pages = AnswerApp()

    def app(self, *documents: str | int, **settings: str) -> Client:
        """A new app whose answer_url serves these, one after the other."""
        app = self.house.new_app()
        url = self.app_document(app, *documents)
        self._update(app, answer_url=url, settings=settings)
        return app

    def app_document(self, app: Client, *documents: str | int) -> str:
        return self.pages.serve(f"/answer/{app.number}", *documents, token=self._secret(app))

    def page(self, app: Client, path: str, *documents: str | int) -> str:
        """The URL of a page whose requests must be signed for this app."""
        return self.pages.serve(path, *documents, token=self._secret(app))

    def answer_url(self, app: Client, url: str) -> None:
        self._update(app, answer_url=url)

    def settings(self, app: Client, **settings: str) -> None:
        self._update(app, settings=settings)

    def call(self, app: Client) -> str:
        """A caller arrives; returns the session once the app was told."""
        session = f"{NODE}-{self.house.switch.call(CALLER, app.number, '')}"
        self.house.sink.wait_for_event("call.created", session_uuid=session)
        return session

    def dial(self, *documents: str | int, **settings: str) -> tuple[Client, str]:
        app = self.app(*documents, **settings)
        return app, self.call(app)

    def ended(self, session: str, limit_s: float = 10.0) -> str:
        """The cause with which the call ended, once it has."""
        told = self.house.sink.wait_for_event("call.completed", limit_s, session_uuid=session)
        return str(told["data"]["hangup_cause"])

    def failed(self, session: str) -> str:
        """What call.failed says."""
        told = self.house.sink.wait_for_event("call.failed", 10.0, session_uuid=session)
        assert told["data"]["error"]["code"] == "answer_url_error"
        return str(told["data"]["error"]["message"])

    def executed(self, session: str) -> list[str]:
        return self.house.switch.executed(channel(session))

    def flow(self, session: str) -> Flow:
        found = self.house.gateway.store.read(lambda connection: flow_rows.find(connection, session))
        assert found is not None, session
        return found

    def wait_flow(self, session: str, **values: Any) -> None:
        def there() -> bool:
            flow = self.flow(session)
            return all(getattr(flow, name) == value for name, value in values.items())

        wait_for(there, f"the flow of {session} has {values}", 10.0)

    def _secret(self, app: Client) -> str:
        return self.house.gateway.directory.webhook_secret(app.id)

    def _update(self, app: Client, **changes: Any) -> None:
        Apps(self.house.gateway.store).update_app(app.id, **changes)
        self.house.gateway.directory.invalidate()
