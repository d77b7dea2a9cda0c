"""Answers as Flask responses: JSON by orjson, and remembered bytes as they were."""

from collections.abc import Iterable
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
        self.headers = Headers([("Content-Type", JSON), ("Content-Length", str(len(body)))])
        self._status, self._status_code = _STATUS_LINES[status], status
        self.response = [body]
        self.direct_passthrough = False
        self._on_close = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        headers = list(self.headers)
        if environ["REQUEST_METHOD"] == "HEAD" or len(headers) > 2 or self._on_close:
            return super().__call__(environ, start_response)
        start_response(self._status, headers)
        return self.response  # type: ignore[return-value]


def json_response(body: Any, status: int = 200) -> Response:
    return JsonResponse(orjson.dumps(body), status)


def answered(answer: Answer) -> Response:
    return JsonResponse(answer.remembered or orjson.dumps(answer.body), answer.status)
