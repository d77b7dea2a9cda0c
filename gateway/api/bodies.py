"""Request bodies and queries through strict schemas: flask-smorest documents them, this parser reads them."""

import hashlib
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import orjson
from flask import Request, Response, request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, ValidationError

from gateway.errors import InvalidInput, TooLarge

MAX_FIELDS = 64  # of a body; no schema knows half as many
MAX_NAME_CHARS = 256
View = Callable[..., Response]


class StrictParser:
    """Wrong fields are InvalidInput with detail.fields; a body is a JSON object, or absent.

    What smorest asks of webargs' parser, and no more: webargs makes a new schema for every request, which cost a
    command as much as its transaction did.
    """

    DEFAULT_VALIDATION_STATUS = 400

    def use_args(self, schema: type[Schema], *, location: str) -> Callable[[View], View]:
        """The view gets what was loaded in front of its path's arguments."""
        read = {"json": body_of, "query": _query_of}[location]
        loader = schema()
        of_nothing = _of_nothing(loader)

        def decorate(documented: View) -> View:
            view: View = documented.__wrapped__  # type: ignore[attr-defined]  # smorest's wrapper is for async views

            @wraps(documented)
            def checked(**path: str) -> Response:
                given = read(request._get_current_object())  # type: ignore[attr-defined]
                return view(_loaded(loader, given) if given or of_nothing is None else of_nothing.copy(), **path)

            return checked

        return decorate


def _query_of(req: Request) -> dict[str, Any]:
    return req.args.to_dict()


def _of_nothing(schema: Schema) -> dict[str, Any] | None:
    """What an empty body or query means to it, None where that is an error: most commands have nothing to say."""
    try:
        values: dict[str, Any] = schema.load({})
    except ValidationError:
        return None
    return values


def _loaded(schema: Schema, given: dict[str, Any]) -> dict[str, Any]:
    try:
        values: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        if any(len(name) > MAX_NAME_CHARS for name in given):
            raise _invalid({"_schema": [f"A field's name has at most {MAX_NAME_CHARS} characters."]}) from error
        fields = error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}
        raise _invalid(fields) from error
    return values


def _invalid(fields: dict[Any, Any]) -> InvalidInput:
    return InvalidInput(f"Invalid request: {', '.join(sorted(fields))}", detail={"fields": _text_keys(fields)})


def _text_keys(messages: Any) -> Any:
    """The place of a wrong item in a list is a number, which is no key in JSON."""
    if isinstance(messages, dict):
        return {str(key): _text_keys(value) for key, value in messages.items()}
    return messages


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: type[Schema], *, location: str = "json") -> Callable[[View], View]:
        """What the request may say. A body is only asked for where it must say something."""
        needed = _of_nothing(schema()) is None
        decorate: Callable[[View], View] = super().arguments(schema, location=location, required=needed)
        return decorate

    def answers(self, schema: type[Schema], *statuses: int) -> Callable[[View], View]:
        """What it answers, for the API's description alone: smorest's own decorator would stand in each call's way."""

        def decorate(view: View) -> View:
            documented: dict[str, Any] = view.__dict__.setdefault("_apidoc", {})
            responses = documented.setdefault("response", {}).setdefault("responses", {})
            for status in statuses:
                said = {"schema": schema(), "description": HTTPStatus(status).phrase, "content_type": None}
                responses.setdefault(status, []).append(said)
            return view

        return decorate


def body_of(req: Request) -> dict[str, Any]:
    """Raises InvalidInput for what is not a JSON object in UTF-8, TooLarge over max_body_bytes."""
    environ = req.environ
    limit = req.max_content_length
    raw = _sized(environ, limit) or _any_size(req, limit)
    if not raw:
        return {}
    if environ.get("CONTENT_TYPE") != "application/json" and not req.is_json:
        raise InvalidInput("The body must be application/json", "invalid-content-type")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("The body is not valid JSON", "malformed-json") from error
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object", "malformed-json")
    if len(body) > MAX_FIELDS:
        raise _invalid({"_schema": [f"A body has at most {MAX_FIELDS} fields."]})
    return body


def _sized(environ: dict[str, Any], limit: int | None) -> bytes:
    """A short body of a known length, as nearly all are, straight from the server; b'' where it is not so simple."""
    length = environ.get("CONTENT_LENGTH", "")
    simple = len(length) < 5 and length.isdecimal() and length.isascii() and "HTTP_TRANSFER_ENCODING" not in environ
    if not simple or not environ.get("wsgi.input_terminated") or (limit is not None and int(length) > limit):
        return b""
    try:
        raw: bytes = environ["wsgi.input"].read(int(length))
    except OSError as error:
        raise InvalidInput("The body ended before its Content-Length", "malformed-json") from error
    return raw


def _any_size(req: Request, limit: int | None) -> bytes:
    if limit is not None and (req.content_length or 0) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes")
    raw = req.get_data(cache=True)
    if limit is not None and req.content_length is None and len(raw) >= limit:
        raise TooLarge(f"The body is larger than {limit} bytes")  # chunked: it was cut off there without a word
    return raw


def body_hash(body: dict[str, Any]) -> str:
    """Of what was asked, command_uid aside: the same uid with another body is another request."""
    rest = {key: value for key, value in body.items() if key != "command_uid"}
    return hashlib.sha256(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)).hexdigest()
