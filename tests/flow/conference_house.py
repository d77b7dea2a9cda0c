"""A house whose app leads calls by documents. In: what a caller's document says. Out: calls in rooms."""

from itertools import count
from pathlib import Path
from typing import Any

from gateway.services.apps import Apps
from tests.document_app import DocumentApp
from tests.flow.house import Client, House
from tests.flow.watched_switch import NODE
from tests.plivo_documents import conference
from tests.waiting import wait_for


class ConferenceHouse:
    """`room(...)` makes a <Conference> document; `caller(document)` a call that it leads."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.house = House(directory, **settings)
        self.documents = DocumentApp()
        self.app = self._app()
        self._callers = count(15559990001)
        self._rooms = count(1)

    def _app(self) -> Client:
        """The house's first app, with an answer_url."""
        house = self.house
        app = house.new_app()
        Apps(house.gateway.store).update_app(app.id, answer_url=self.documents.url("/answer"))
        house.gateway.directory.invalidate()
        self.documents.secret = house.gateway.directory.webhook_secret(app.id)
        return app

    def stop(self) -> None:
        self.house.stop()
        self.documents.stop()

    def name(self) -> str:
        return f"room-{next(self._rooms)}"

    def document(self, room: str, after: str = "", **attributes: Any) -> str:
        """By Plivo's SDK: <Conference> with its callbacks to /callback; `after` is what follows it in the document."""
        given = {"callbackUrl": self.documents.url("/callback"), **attributes}
        return conference(room, after, **given)

    def dial(self, document: str) -> str:
        """A call that its document leads; its session id."""
        number = f"+{next(self._callers)}"
        self.documents.by_caller[number] = document
        return f"{NODE}-{self.house.switch.call(number, self.app.number, '')}"

    def joined(self, room: str, after: str = "", **attributes: Any) -> str:
        """A caller in the room; returns its session id."""
        session = self.dial(self.document(room, after, **attributes))
        self.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
        return session

    def room_id(self, session: str) -> str:
        return str(self.house.sink.find("conference.member.joined", session_uuid=session)[-1]["room_id"])

    def left(self, session: str) -> dict[str, Any]:
        """The data of its member.left, once it came."""
        event = self.house.sink.wait_for_event("conference.member.left", session_uuid=session)
        data: dict[str, Any] = event["data"]
        return data

    def told(self, action: str, session: str) -> dict[str, str]:
        """A callback."""
        return self.documents.wait_for("/callback", ConferenceAction=action, CallUUID=session)

    def order(self, *words: str) -> str:
        """The first command to the switch with all these words, once it came."""

        def found() -> list[str]:
            return [line for line in self.house.switch.lines if all(word in line for word in words)]

        wait_for(found, f"a command with {words}")
        return found()[0]
