"""Flask with less work for each request: in, what Flask takes; out, the same answers.

What this API has none of is not looked for: sessions, async views, subdomains, functions after the request.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter

_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?\Z")


class _NoSessions(SessionInterface):
    """One for all requests: it holds nothing and refuses to."""

    _none = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self._none


@lru_cache(maxsize=64)
def _is_plain(host: str) -> bool:
    return _PLAIN_HOST.match(host) is not None


class GatewayFlask(Flask):
    session_interface = _NoSessions()

    def __init__(self, name: str, max_body_bytes: int) -> None:
        super().__init__(name, static_folder=None)
        self.url_map.merge_slashes = False  # who asks for `//x` would be sent to http:///x, in HTML
        self.config["MAX_CONTENT_LENGTH"] = max_body_bytes
        self.request_class = type("Request", (Request,), {"max_content_length": max_body_bytes})

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view is async: Flask asks each function for its flags at each call."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """A plain Host needs no treatment: it is only used in the Location of a redirect to the same path."""
        if request is None:
            return None
        environ = request.environ
        host = environ.get("HTTP_HOST", "")
        if not _is_plain(host) or "HTTP_UPGRADE" in environ:
            return super().create_url_adapter(request)
        return MapAdapter(
            self.url_map, host.lower(), environ.get("SCRIPT_NAME") or "/", "", environ["wsgi.url_scheme"], request.path,
            environ["REQUEST_METHOD"], environ.get("QUERY_STRING", ""),
        )  # fmt: skip

    def process_response(self, response: Response) -> Response:
        return super().process_response(response) if self.after_request_funcs else response

    def do_teardown_request(self, *args: Any) -> None:
        if self.teardown_request_funcs:
            super().do_teardown_request(*args)
