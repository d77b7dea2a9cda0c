"""What a body may cost: one of the largest size is refused before all of it is looked at, and in few words."""

import pytest
from flask import Flask, Response
from flask_smorest import Api

from gateway.api import errors
from gateway.api.answers import json_response
from gateway.api.bodies import MAX_FIELDS, MAX_NAME_CHARS, Blueprint
from gateway.api.flask_app import GatewayFlask
from gateway.schemas.requests import JoinConference, PageQuery

MIB = 1_048_576


@pytest.fixture(scope="module")
def app() -> Flask:
    app = GatewayFlask("gateway", MIB)
    app.config.update(API_TITLE="T", API_VERSION="v1", OPENAPI_VERSION="3.0.3")
    blueprint = Blueprint("things", __name__)

    def join(body: dict[str, str]) -> Response:
        return json_response(body)

    blueprint.get("/list", endpoint="list")(blueprint.arguments(PageQuery, location="query")(join))
    blueprint.post("/join")(blueprint.arguments(JoinConference)(join))
    Api(app).register_blueprint(blueprint)
    errors.register(app)
    return app


def _refused(app: Flask, body: dict[str, object]) -> tuple[str, dict[str, list[str]]]:
    answer = app.test_client().post("/join", json=body)
    assert answer.status_code == 400 and len(answer.data) < 20_000, answer.data[:200]
    told = answer.get_json()
    assert set(told) == {"success", "error", "error_id", "detail"} and told["error_id"] == "invalid-input"
    return told["error"], told["detail"]["fields"]


def test_a_body_of_too_many_fields_is_refused_without_naming_them(app: Flask) -> None:
    """100,000 of them took 300 ms, and their answer 3.6 MB."""
    fault = {"_schema": [f"A body has at most {MAX_FIELDS} fields."]}
    for count in (MAX_FIELDS + 1, 70_000):
        assert _refused(app, {str(number): 1 for number in range(count)}) == ("Invalid request: _schema", fault)


def test_each_wrong_field_of_a_body_is_named(app: Flask) -> None:
    names = [f"wrong{number}" for number in range(MAX_FIELDS)]
    error, fields = _refused(app, dict.fromkeys(names))
    assert error == "Invalid request: " + ", ".join(sorted(names))
    assert fields == {name: ["Unknown field."] for name in names}


def test_a_name_as_long_as_the_body_is_not_told_again(app: Flask) -> None:
    fault = {"_schema": [f"A field's name has at most {MAX_NAME_CHARS} characters."]}
    assert _refused(app, {"x": 1, "y" * 1_000_000: 1}) == ("Invalid request: _schema", fault)


def test_unknown_parameters_of_a_query_are_left_alone_however_many(app: Flask) -> None:
    answer = app.test_client().get("/list", query_string={f"utm_{number}": "x" for number in range(MAX_FIELDS + 1)})
    assert answer.get_json() == {"limit": 50, "cursor": ""}
