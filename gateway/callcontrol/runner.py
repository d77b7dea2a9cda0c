"""Leads calls: one greenlet a call that fetches its document and performs it, verb by verb, to the end.

In: FlowMoved after a commit, take_up(node) after each reconcile. Where a call stands is its row's, not this greenlet's.
"""

import logging
from collections.abc import Callable

import gevent
from gevent.event import Event as Signal

from gateway.callcontrol import documents, stored
from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.fetch import DocumentFetcher, FetchFailed
from gateway.callcontrol.led_call import APOLOGY, Led
from gateway.callcontrol.performer import CallOver, Next, Performer
from gateway.callcontrol.tools import Tools
from gateway.callcontrol.verbs.leg import ends_on_hold
from gateway.callcontrol.xml import Dialect
from gateway.domain.apps import App
from gateway.domain.flow import FETCHING
from gateway.domain.verbs import Document, Play, PreAnswer, Verb
from gateway.errors import DocumentError, StoreError
from gateway.schemas.shapes import call_shape
from gateway.services.effects import FlowMoved
from gateway.services.flows import Lost, TooManyDocuments
from gateway.services.notifications import Notifications

log = logging.getLogger(__name__)
ERROR_CODE = "answer_url_error"
FAILED_CAUSE = "NORMAL_TEMPORARY_FAILURE"
HANGUP_LIMIT_S = 5.0
STORE_WAIT_S = 1.0
_APOLOGY = stored.to_json(Document((PreAnswer((Play(APOLOGY),)),)))
_DIALECTS: dict[str, Dialect] = {"plivo": "plivo", "voxml": "voxml"}


class Runner:
    """`performers`: the table of callcontrol/verbs."""

    def __init__(
        self,
        tools: Tools,
        fetching: DocumentFetcher,
        performers: dict[type, Performer],
        capabilities: Capabilities,
        app_of: Callable[[str], App | None],
    ) -> None:
        self._tools = tools
        self._fetching = fetching
        self._performers = performers
        self._capabilities = capabilities
        self._app_of = app_of
        self._calls: dict[str, Signal] = {}
        self._greenlets: set[gevent.Greenlet] = set()
        self._stopped = False

    def subscribe(self, notifications: Notifications) -> None:
        notifications.subscribe(FlowMoved, lambda effect: self.wake(effect.session_id))

    def wake(self, session_id: str) -> None:
        """The call's greenlet looks again; one that has none gets one."""
        moved = self._calls.get(session_id)
        if moved is not None:
            moved.set()
        elif not self._stopped:
            self._calls[session_id] = Signal()
            greenlet = gevent.spawn(self._lead, session_id)
            self._greenlets.add(greenlet)
            greenlet.rawlink(self._greenlets.discard)

    def take_up(self, node_id: str) -> None:
        """Every call of the node that nobody leads here: after a start, or when the node became ours."""
        for session_id in self._tools.flows.going_on(node_id):
            if session_id not in self._calls:
                self.wake(session_id)

    def stop(self) -> None:
        """Calls stay as they are, whoever starts next takes them up."""
        self._stopped = True
        gevent.killall(list(self._greenlets), timeout=HANGUP_LIMIT_S)

    def _lead(self, session_id: str) -> None:
        moved = self._calls[session_id]
        try:
            while not self._stopped:
                moved.clear()
                try:
                    self._go(session_id, moved)
                except StoreError as error:
                    log.warning("%s: %s", session_id, error.message)
                    gevent.sleep(STORE_WAIT_S)
                    continue
                except Lost:
                    pass
                if not moved.is_set():
                    return
        except Exception:  # noqa: BLE001 - one call's trouble ends here; take_up gives it another try
            log.exception("%s: its flow broke off", session_id)
        finally:
            del self._calls[session_id]

    def _go(self, session_id: str, moved: Signal) -> None:
        stand = self._tools.flows.stand(session_id)
        if stand is None or not self._tools.is_mine(stand.flow.node_id):
            return
        app = self._app_of(stand.flow.app_id)
        if app is None:
            log.error("%s: the app of this call is gone", session_id)
            self._tools.legs.hang_up(stand.session, FAILED_CAUSE)
            self._tools.flows.finish(stand.flow)
            return
        call = Led(self._tools, app, stand, moved)
        try:
            while True:
                self._turn(call, app)
        except CallOver:
            self._tools.flows.finish(call.flow)

    def _turn(self, call: Led, app: App) -> None:
        try:
            if call.flow.state == FETCHING:
                self._fetch(call, app)
            else:
                self._perform(call)
        except (FetchFailed, TooManyDocuments) as error:
            self._fail(call, str(error))
        except DocumentError as error:
            self._fail(call, error.message)
        except (CallOver, Lost, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke, the caller is not left in silence
            log.exception("%s: verb %d broke", call.session.id, call.flow.position)
            self._fail(call, f"the gateway could not go on: {type(error).__name__}")

    # -- documents

    def _fetch(self, call: Led, app: App) -> None:
        flow = call.flow
        if call.is_over() and not flow.must_fetch:
            raise CallOver
        asking = gevent.spawn(self._asked, call, app)
        try:
            call.until(asking, flow.must_fetch)
            found = asking.get(block=False) if asking.ready() else CallOver()
        finally:
            asking.kill(block=False)
        if isinstance(found, Exception):
            if call.is_over():
                raise CallOver
            raise found
        if call.is_over():
            raise CallOver  # its answer is ignored
        call.flow = self._tools.flows.document_came(call.flow, found)
        call.begin_verb()

    def _asked(self, call: Led, app: App) -> str | Exception:
        """The text to be stored, or what is wrong; in a greenlet of its own, so that a hangup can end it."""
        flow = call.flow
        session = call.session
        try:
            body = self._fetching.fetch(app, flow.fetch_url, flow.fetch_method, flow.fetch_params, call_shape(session))
            dialect = _DIALECTS[app.settings.get("document_dialect") or "plivo"]
            return stored.to_json(documents.read(body.content, body.content_type, self._capabilities, dialect))
        except (FetchFailed, DocumentError) as error:
            return error
        except Exception as error:  # noqa: BLE001 - told to the greenlet that waits
            log.exception("%s: fetching %s broke", session.id, flow.fetch_url)
            return error

    def _fail(self, call: Led, message: str) -> None:
        flow = call.flow
        log.warning("app %s: call %s: %s: %s", flow.app_id, flow.session_id, ERROR_CODE, message)
        call.refresh()
        if call.is_over():
            raise CallOver
        if flow.document == _APOLOGY:  # the apology itself broke
            self._hang_up(call, FAILED_CAUSE)
        call.flow = self._tools.flows.failed(call.flow, ERROR_CODE, message, _APOLOGY, FAILED_CAUSE)
        call.begin_verb()

    # -- verbs

    def _perform(self, call: Led) -> None:
        verbs = stored.from_json(call.flow.document).verbs
        position = call.flow.position
        if call.is_over() and not call.flow.steps:
            raise CallOver
        if position >= len(verbs):
            if not call.flow.end_cause and ends_on_hold(verbs):
                call.until_taken()
            call.until_free()
            if not call.flow.end_cause and self._tools.document_over(call.session.id):
                raise CallOver
            self._hang_up(call, call.flow.end_cause or "NORMAL_CLEARING")
            return
        call.begin_verb()
        following = self._performers[type(verbs[position])](call, verbs[position])
        self._follow(call, following, verbs[position])

    def _follow(self, call: Led, following: Next, verb: Verb) -> None:
        log.debug("%s: %s is over", call.session.id, type(verb).__name__)
        call.flow = self._tools.flows.go_on(
            call.flow, following.ask, following.callbacks, following.events, following.hang_up
        )

    def _hang_up(self, call: Led, cause: str) -> None:
        """Until the switch has told its end: what it did not take is sent again."""
        while not call.is_over():
            call.hang_up(cause)
        raise CallOver
