"""Request bodies and queries through strict schemas: flask-smorest documents them, this parser reads them."""

import hashlib
from typing import Any

import orjson
from flask import Request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from gateway.errors import InvalidInput, TooLarge


class StrictParser(FlaskParser):
    """Wrong fields are InvalidInput with detail.fields; a body is a JSON object, or absent."""

    DEFAULT_VALIDATION_STATUS = 400

    def load_json(self, req: Request, schema: Schema) -> Any:
        return body_of(req)

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        return req.args.to_dict()

    def handle_error(self, error: ValidationError, req: Request, schema: Schema, **_: Any) -> Any:
        messages = error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}
        fields: dict[str, Any] = {}
        for location in messages.values():
            fields.update(location if isinstance(location, dict) else {"_schema": location})
        names = ", ".join(sorted(fields))
        raise InvalidInput(f"Invalid request: {names}", detail={"fields": _text_keys(fields)})


def _text_keys(messages: Any) -> Any:
    """The place of a wrong item in a list is a number, which is no key in JSON."""
    if isinstance(messages, dict):
        return {str(key): _text_keys(value) for key, value in messages.items()}
    return messages


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    ARGUMENTS_PARSER = StrictParser()


def body_of(req: Request) -> dict[str, Any]:
    """Raises InvalidInput for what is not a JSON object in UTF-8, TooLarge over max_body_bytes."""
    limit = req.max_content_length
    if limit is not None and (req.content_length or 0) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes")
    raw = req.get_data(cache=True)
    if not raw:
        return {}
    if not req.is_json:
        raise InvalidInput("The body must be application/json", "invalid-content-type")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("The body is not valid JSON", "malformed-json") from error
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object", "malformed-json")
    return body


def body_hash(body: dict[str, Any]) -> str:
    """Of what was asked, command_uid aside: the same uid with another body is another request."""
    rest = {key: value for key, value in body.items() if key != "command_uid"}
    return hashlib.sha256(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)).hexdigest()
