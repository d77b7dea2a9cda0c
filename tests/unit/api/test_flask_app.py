"""Our Flask does less for each request than Flask, and answers the same."""

import io
from typing import Any

import pytest
from flask import Flask, Response
from flask_smorest import Api
from werkzeug.test import EnvironBuilder, run_wsgi_app

from gateway.api import errors
from gateway.api.answers import JSON, JsonResponse
from gateway.api.bodies import Blueprint
from gateway.api.flask_app import GatewayFlask
from gateway.schemas.requests import CommandBody, Hangup, JoinConference

LIMIT = 300


def _app(app: Flask, answer: type[Response] | None = None) -> Flask:
    blueprint = Blueprint("things", __name__, url_prefix="/things")

    def told(values: dict[str, Any]) -> Response:
        body = repr(sorted(values.items())).encode()
        return JsonResponse(body, 202) if answer is None else answer(body, 202, content_type=JSON)

    for path, schema in (("command", CommandBody), ("hangup", Hangup), ("join", JoinConference)):
        blueprint.post(f"/{path}", endpoint=path)(blueprint.arguments(schema)(lambda values: told(values)))
    blueprint.get("/all/")(lambda: told({}))
    app.config.update(API_TITLE="T", API_VERSION="v1", OPENAPI_VERSION="3.0.3")
    Api(app).register_blueprint(blueprint)
    errors.register(app)
    return app


@pytest.fixture(scope="module")
def ours() -> Flask:
    return _app(GatewayFlask("ours", LIMIT))


@pytest.fixture(scope="module")
def plain() -> Flask:
    """Flask as it is, with its own responses."""
    app = Flask("plain")
    app.config["MAX_CONTENT_LENGTH"] = LIMIT
    return _app(app, Response)


def _asked(
    app: Flask, *, terminated: bool = True, given: bytes | None = None, **options: Any
) -> tuple[str, Any, bytes]:
    environ = EnvironBuilder(**options).get_environ()
    environ["wsgi.input_terminated"] = terminated
    if given is not None:
        environ["wsgi.input"] = io.BytesIO(given)
    chunks, status, headers = run_wsgi_app(app, environ)
    return status, sorted(headers), b"".join(chunks)


@pytest.mark.parametrize(
    "options",
    [
        {"path": "/things/command", "method": "POST"},
        {"path": "/things/command", "method": "POST", "data": b"{}", "content_type": "application/json"},
        {"path": "/things/command", "method": "POST", "data": b"{}", "content_type": "application/json; charset=utf-8"},
        {"path": "/things/command", "method": "POST", "data": b"{}", "content_type": "text/plain"},
        {"path": "/things/command", "method": "POST", "data": b"{}"},
        {"path": "/things/command", "method": "POST", "json": {"command_uid": "u1"}},
        {"path": "/things/command", "method": "POST", "json": {"other": "u1"}},
        {"path": "/things/command", "method": "POST", "json": []},
        {"path": "/things/command", "method": "POST", "data": b"{", "content_type": "application/json"},
        {"path": "/things/command", "method": "POST", "data": b"\xff", "content_type": "application/json"},
        {"path": "/things/command", "method": "POST", "json": {"command_uid": "u" * LIMIT}},
        {"path": "/things/hangup", "method": "POST"},
        {"path": "/things/hangup", "method": "POST", "json": {}},
        {"path": "/things/join", "method": "POST"},
        {"path": "/things/join", "method": "POST", "json": {}},
        {"path": "/things/command", "method": "GET"},
        {"path": "/things/command", "method": "OPTIONS"},
        {"path": "/things/all/", "method": "HEAD"},
        {"path": "/things/all", "method": "GET", "query_string": "a=b"},
        {"path": "/nothing", "method": "GET"},
        {"path": "/things/all", "method": "GET", "headers": {"Host": "Gateway.Example:8080"}},
        {"path": "/things/all", "method": "GET", "headers": {"Host": "[::1]:8080"}},
        {"path": "/things/all/", "method": "GET", "headers": {"Host": "a b"}},
        {"path": "/things/all/", "method": "GET", "headers": {"Host": "\u00e4".encode().decode("latin-1")}},
        {"path": "/things/all/", "method": "GET", "headers": {"Upgrade": "websocket", "Connection": "upgrade"}},
    ],
    ids=str,
)
def test_it_answers_as_flask_does(ours: Flask, plain: Flask, options: dict[str, Any]) -> None:
    assert _asked(ours, **options) == _asked(plain, **options)
    assert _asked(ours, terminated=False, **options) == _asked(plain, terminated=False, **options)


def test_an_empty_body_means_the_defaults_of_its_own_request(ours: Flask) -> None:
    first = _asked(ours, path="/things/hangup", method="POST")
    assert first[2] == b"[('cause', 'NORMAL_CLEARING')]"
    assert (
        _asked(ours, path="/things/hangup", method="POST", json={"cause": "USER_BUSY"})[2]
        == b"[('cause', 'USER_BUSY')]"
    )
    assert _asked(ours, path="/things/hangup", method="POST") == first


@pytest.mark.parametrize("path", ["/things//all/", "//things//all/", "/things/all//", "//static//x", "//"])
def test_slashes_are_not_merged(ours: Flask, path: str) -> None:
    """It was a redirect to http:/// in HTML; what there is not is 404, in the shape of errors."""
    environ = EnvironBuilder(path="/").get_environ()
    environ["PATH_INFO"] = path
    body, status, headers = run_wsgi_app(ours, environ)
    assert status == "404 NOT FOUND" and b'"error_id":"not-found"' in b"".join(body) and "Location" not in headers


def test_a_short_body_is_held_to_the_limit_too(ours: Flask) -> None:
    status, _, body = _asked(ours, path="/things/command", method="POST", data=b" " * (LIMIT + 1))
    assert status.startswith("413") and b"body-too-large" in body


class _CutOff(io.BytesIO):
    """As the server's own input when the client goes away in the middle."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError("unexpected end of file while reading request")


def test_a_body_that_is_cut_off_is_the_callers_fault(ours: Flask) -> None:
    environ = EnvironBuilder(path="/things/command", method="POST", json={}).get_environ()
    environ.update({"wsgi.input": _CutOff(), "wsgi.input_terminated": True})
    body, status, _ = run_wsgi_app(ours, environ)
    assert status.startswith("400") and b"malformed-json" in b"".join(body)


def test_headers_that_are_added_to_an_answer_are_sent() -> None:
    answer = JsonResponse(b"{}", 429)
    answer.headers["Retry-After"] = "2"
    _, status, headers = run_wsgi_app(answer, EnvironBuilder().get_environ())
    assert (status, headers["Retry-After"], headers["Content-Length"]) == ("429 TOO MANY REQUESTS", "2", "2")
