"""Errors become answers: one table from the error family to HTTP statuses, one shape on every front."""

import logging
import math

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from gateway import errors
from gateway.api.answers import json_response

log = logging.getLogger(__name__)

# The nearest class upwards counts (contract, "Errors").
STATUS: dict[type[errors.GatewayError], int] = {
    errors.InvalidInput: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.CoolingDown: 429,
    errors.SwitchUnavailable: 503,
    errors.SwitchTimeout: 504,
    errors.SwitchRefused: 409,
    errors.UnsafeArgument: 400,
    errors.MediaError: 400,
    errors.StoreError: 503,
    errors.GatewayError: 500,
}

# Where the fault is not the caller's: by its id, before the table of classes.
_STATUS_OF_ID = {"speech-unavailable": 503, "media-storage": 503, "speech-failed": 502, "transcription-failed": 502}
_HTTP_IDS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large", 415: "invalid-input"}


def status_of(error: errors.GatewayError) -> int:
    if error.error_id in _STATUS_OF_ID:
        return _STATUS_OF_ID[error.error_id]
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def register(app: Flask) -> None:
    app.register_error_handler(errors.GatewayError, _gateway_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _shape(status: int, message: str, error_id: str, detail: dict[str, object]) -> Response:
    body = {"success": False, "error": message, "error_id": error_id, "detail": detail}
    return json_response(body, status)


def _gateway_error(error: errors.GatewayError) -> Response:
    status = status_of(error)
    if status == 500:
        log.error("a request failed", exc_info=error)
    response = _shape(status, error.message, error.error_id, error.detail)
    if isinstance(error, errors.CoolingDown):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_ms / 1000)))
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = _shape(status, error.description or error.name, _HTTP_IDS.get(status, f"http-{status}"), {})
    for name, value in error.get_headers():
        if name.lower() in ("allow", "location"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    log.error("a request failed", exc_info=error)
    return _shape(500, "The gateway failed to handle this request.", "internal-error", {})
