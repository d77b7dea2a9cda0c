"""Asks an app's URL for a document. In: app, URL, method, fields. Out: the body, or FetchFailed with words for the app.

Signed as Plivo's requests are. Each app has places of its own: one whose URL hangs delays no other's call.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import gevent
import orjson
from gevent.lock import BoundedSemaphore

from gateway.domain.apps import App
from gateway.domain.flow import with_query
from gateway.domain.ids import new_uuid
from gateway.domain.plivo_signature import signed_headers
from gateway.errors import MediaError
from gateway.media.addresses import as_sent, parse
from gateway.media.fetch import MIB, Fetcher, Limits, Request

log = logging.getLogger(__name__)
LIMITS = Limits(max_bytes=MIB, first_byte_timeout_s=10.0, total_timeout_s=10.0, max_redirects=5, connect_timeout_s=4.0)
MAX_FETCHES_PER_APP = 200
PLACE_TIMEOUT_S = 20.0
RETRY_WAIT_S = 0.5
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class FetchFailed(Exception):
    """No document came; the words are for the app."""


@dataclass(frozen=True)
class Body:
    content: bytes
    content_type: str


class DocumentFetcher:
    """`secret_of(app_id)` is the app's webhook_secret, the auth token of Plivo's SDK."""

    def __init__(self, fetcher: Fetcher, secret_of: Callable[[str], str], limits: Limits = LIMITS) -> None:
        self._fetcher = fetcher
        self._secret_of = secret_of
        self._limits = limits
        self._places: dict[str, BoundedSemaphore] = {}

    def fetch(self, app: App, url: str, method: str, params: dict[str, Any], call: dict[str, Any]) -> Body:
        """One retry, then the app's fallback_url. `call` is MiniVoice's call object, for apps that want JSON."""
        reasons = []
        for wait_s, target in ((0.0, url), (RETRY_WAIT_S, url), (0.0, app.settings.get("fallback_url", ""))):
            if not target:
                continue
            gevent.sleep(wait_s)
            try:
                return self._fetch(app, target, method, params, call)
            except MediaError as error:
                log.info("app %s: no document from %s: %s", app.id, target, error.message)
                if error.message not in reasons:
                    reasons.append(error.message)
        raise FetchFailed("; ".join(reasons))

    def ask(self, app: App, url: str, method: str, params: dict[str, Any], call: dict[str, Any]) -> Body:
        """Once, and nowhere else; raises MediaError."""
        return self._fetch(app, url, method, params, call)

    def _fetch(self, app: App, url: str, method: str, params: dict[str, Any], call: dict[str, Any]) -> Body:
        place = self._places.setdefault(app.id, BoundedSemaphore(MAX_FETCHES_PER_APP))
        if not place.acquire(timeout=PLACE_TIMEOUT_S):
            raise MediaError(f"{MAX_FETCHES_PER_APP} requests to this app are unanswered", "media-timeout")
        try:
            return self._asked(self._request(app, url, method, params, call))
        finally:
            place.release()

    def _request(self, app: App, url: str, method: str, params: dict[str, Any], call: dict[str, Any]) -> Request:
        as_json = app.settings.get("answer_format", "form") == "json"
        body: bytes | None = None
        content_type = {}
        url = as_sent(url)
        if method == "GET":
            url = with_query(url, params)
            signed: dict[str, Any] = {}
        else:
            signed = {**params, "call": call} if as_json else params
            body = orjson.dumps(signed) if as_json else urlencode(params).encode()
            content_type = {"Content-Type": JSON if as_json else FORM}
        seen = parse(url).url  # by its receiver: without credentials, and with its path as the fetcher writes it
        signature = signed_headers(self._secret_of(app.id), method, seen, signed, new_uuid())
        accept = {"Accept": "application/xml, text/xml, application/json;q=0.9, */*;q=0.1"}
        return Request(url, method, {**accept, **content_type, **signature}, body, app.id)

    def _asked(self, request: Request) -> Body:
        content = bytearray()
        started = time.monotonic()
        answer = self._fetcher.fetch(request, content.extend, self._limits)
        if not 200 <= answer.status < 300:
            raise MediaError(f"{answer.url}: answered {answer.status}", "media-http-error")
        log.debug("document from %s in %.0f ms", answer.url, 1000 * (time.monotonic() - started))
        return Body(bytes(content), answer.headers.get("content-type", ""))
