"""Answers as Flask responses: JSON by orjson, and remembered bytes as they were."""

from collections.abc import Iterable
from functools import cached_property
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response
from werkzeug.datastructures import Headers

from gateway.services.commands import Answer

JSON = "application/json"
_STATUS_LINES = {int(status): f"{int(status)} {status.phrase.upper()}" for status in HTTPStatus}


class JsonResponse(Response):
    """Bytes with their type and length: made and sent without what Flask does for pages, streams and redirects."""

    def __init__(self, body: bytes, status: int) -> None:
        self._status, self._status_code = _STATUS_LINES[status], status
        self.response = [body]
        self.direct_passthrough = False
        self._on_close = []

    @cached_property
    def headers(self) -> Headers:  # type: ignore[override]
        """Made when somebody looks at them or adds one: nearly no answer has more than these two."""
        return Headers(_headers(self.response))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "HEAD" or "headers" in self.__dict__ or self._on_close:
            return super().__call__(environ, start_response)
        start_response(self._status, _headers(self.response))
        return self.response  # type: ignore[return-value]


def _headers(body: Any) -> list[tuple[str, str]]:
    return [("Content-Type", JSON), ("Content-Length", str(len(body[0])))]


def json_response(body: Any, status: int = 200) -> Response:
    return JsonResponse(orjson.dumps(body), status)


def body_of_answer(answer: Answer) -> dict[str, Any]:
    """Also where it is remembered as bytes: for a front that words it in its own way."""
    body: dict[str, Any] = orjson.loads(answer.remembered) if answer.remembered else answer.body
    return body


def answered(answer: Answer) -> Response:
    return JsonResponse(answer.remembered or orjson.dumps(answer.body), answer.status)
