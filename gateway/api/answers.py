"""Answers as Flask responses: JSON by orjson, and remembered bytes as they were."""

from typing import Any

import orjson
from flask import Response

from gateway.services.commands import Answer

JSON = "application/json"


def json_response(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, content_type=JSON)


def answered(answer: Answer) -> Response:
    return Response(answer.remembered or orjson.dumps(answer.body), answer.status, content_type=JSON)
