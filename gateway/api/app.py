"""The Flask application: routes in, services behind them, errors as one shape."""

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Flask, request, send_file
from flask.wrappers import Response
from flask_smorest import Api
from prometheus_client import CollectorRegistry

from gateway.api import errors, health
from gateway.api.answers import JsonResponse
from gateway.api.context import EXTENSION, Services
from gateway.api.flask_app import GatewayFlask
from gateway.api.v1 import conferences, leg_audio, members, recordings, records, rooms, sessions, webhooks
from gateway.api.voice import calls as voice_calls
from gateway.api.voice import conferences as voice_conferences
from gateway.schemas.answers import Problem

_KEYS = {
    "components": {
        "securitySchemes": {
            "app": {"type": "apiKey", "in": "header", "name": "X-App-ID"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": {"type": "http", "scheme": "bearer", "description": "The voice API: the key of the account."},
        }
    },
    "security": [{"app": [], "key": []}, {"bearer": []}],
}


class _Described(Api):  # type: ignore[misc]
    """The API's description: errors have one shape on every front. Anybody may ask for it; to make it takes 10 ms."""

    ERROR_SCHEMA = Problem
    _made: bytes | None = None

    def _openapi_json(self) -> Response:
        if self._made is None:
            self._made = super()._openapi_json().get_data()
        return JsonResponse(self._made, 200)


def make_app(
    services: Services,
    max_body_bytes: int,
    why_not_ready: Callable[[], str],
    registry: CollectorRegistry,
    media_file: Callable[[str], Path],
    take_upload: Callable[[str, Callable[[int], bytes]], None],
    is_private: Callable[[Path], bool] = lambda _path: False,
) -> Flask:
    """`media_file(name)` gives the file behind a signed link; raises a GatewayError when it does not hold.

    `take_upload(name, read)` takes a body sent to a signed link, where somebody waits for it.
    `is_private(path)`: a recording, which no cache may keep.
    """
    app = GatewayFlask("gateway", max_body_bytes)
    app.config.update(
        API_TITLE="Gateway",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS=_KEYS,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions[EXTENSION] = services
    api = _Described(app)
    native = (conferences, rooms, members, recordings, records, sessions, leg_audio, webhooks)
    for module in (*native, voice_conferences, voice_calls):
        api.register_blueprint(module.blueprint)
    app.register_blueprint(health.make_blueprint(why_not_ready, registry))
    app.register_blueprint(_media(media_file, take_upload, is_private))
    errors.register(app)
    return app


def _media(
    media_file: Callable[[str], Path],
    take_upload: Callable[[str, Callable[[int], bytes]], None],
    is_private: Callable[[Path], bool],
) -> Blueprint:
    blueprint = Blueprint("media", __name__)

    @blueprint.get("/media/<name>")
    def media(name: str) -> Response:
        path = media_file(name)
        if not is_private(path):
            return send_file(path, conditional=True, max_age=3600)
        response = send_file(path, conditional=True, max_age=0)
        response.headers["Cache-Control"] = "private, no-cache"  # it may still grow, and nobody's proxy shall keep it
        return response

    @blueprint.put("/media/speech/<name>")
    def upload(name: str) -> Response:
        """From a switch that has spoken; max_body_bytes is for JSON, this has a limit of its own."""
        take_upload(name, request.environ["wsgi.input"].read)
        return Response(status=204)

    return blueprint
