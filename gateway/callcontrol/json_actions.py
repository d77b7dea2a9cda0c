"""JSON answer documents. In: bytes of `{"actions": […]}`. Out: a Document; DocumentError that names path and reason."""

import json
import re
from typing import Any, Final, NoReturn

from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.json_rules import ACTIONS, UNDONE
from gateway.callcontrol.rules import Fault, built, read_rows, shown
from gateway.callcontrol.text import decoded
from gateway.domain.verbs import Document, Verb
from gateway.errors import DocumentError

MAX_ACTIONS: Final = 500
MAX_DEPTH: Final = 16
# Far more than 500 actions need: a mebibyte of them would stop all calls while it is read.
MAX_CONTAINERS: Final = 5_000
MAX_VALUES: Final = 10_000
MAX_STRINGS: Final = 20_000
MAX_NUMBER_CHARS: Final = 20

_ANY: Final = Capabilities()
_STRING = re.compile(r'"[^"]*"')
_BRACKET = re.compile(r"[\[\]{}]")


def parse(body: bytes, capabilities: Capabilities = _ANY) -> Document:
    document = _loaded(decoded(body).lstrip(" \t\r\n\ufeff"))
    if not isinstance(document, dict):
        raise DocumentError('the answer must be an object {"actions": […]}')
    for name in document:
        if name != "actions":
            raise DocumentError(f"{shown(name)}: is unknown")
    if "actions" not in document:
        raise DocumentError("actions: is required")
    actions = document["actions"]
    if not isinstance(actions, list):
        raise DocumentError("actions: must be an array")
    if len(actions) > MAX_ACTIONS:
        raise DocumentError(f"actions: must have at most {MAX_ACTIONS} entries")
    return Document(tuple(_verb(f"actions[{index}]", action, capabilities) for index, action in enumerate(actions)))


def _verb(path: str, action: Any, capabilities: Capabilities) -> Verb:
    path, name, given = _named(path, action)
    if name not in ACTIONS:
        reason = (
            "is not supported by this gateway" if name in UNDONE else "is unknown; actions are " + ", ".join(ACTIONS)
        )
        raise DocumentError(f"{path}: action {shown(name)} {reason}")
    fault = _fault_at(path)
    rule = ACTIONS[name]
    verb: Verb = built(rule, read_rows(rule, given, fault), fault)
    if reason_against := capabilities.fault(verb):
        raise fault("", reason_against)
    return verb


def _named(path: str, action: Any) -> tuple[str, str, dict[str, Any]]:
    """(path of its fields, name, fields) of {"type": name, …fields} and of {name: {…fields}}."""
    if not isinstance(action, dict):
        raise DocumentError(f"{path}: must be an object")
    if "type" in action:
        name = action["type"]
        if not isinstance(name, str):
            raise DocumentError(f"{path}.type: must be a string")
        return path, name, {key: value for key, value in action.items() if key != "type"}
    if len(action) != 1:
        raise DocumentError(f"{path}: must have one key, the action's name, or a type")
    ((name, given),) = action.items()
    if not isinstance(given, dict):
        raise DocumentError(f"{path}.{shown(name)}: must be an object")
    inner = dict(given)
    if "type" in inner and inner.pop("type") != name:
        raise DocumentError(f"{path}.{shown(name)}.type: must be {shown(name)}")
    return f"{path}.{shown(name)}", name, inner


def _fault_at(path: str) -> Fault:
    def fault(name: str, reason: str) -> DocumentError:
        return DocumentError(f"{path}.{name}: {reason}" if name else f"{path}: {reason}")

    return fault


def _loaded(text: str) -> Any:
    if not text:
        raise DocumentError("the answer is empty")
    _refuse_too_much(text)
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_number, parse_int=_short(int), parse_float=_short(float)
        )
    except json.JSONDecodeError as fault:
        raise DocumentError(f"not well-formed JSON: {fault.msg}", fault.lineno, fault.colno) from None


def _refuse_too_much(text: str) -> None:
    """Before the parser, which would go as deep as the C stack. What stands inside strings does not count.

    Linear: escapes go first, so that each quote that is left opens or closes a string.
    """
    quoted = text.replace("\\\\", "").replace('\\"', "")
    if quoted.count('"') > 2 * MAX_STRINGS:
        raise DocumentError(f"more than {MAX_STRINGS} strings")
    bare = _STRING.sub("", quoted)
    depth = opened = 0
    for bracket in _BRACKET.finditer(bare):
        if bracket[0] in "]}":
            depth -= 1
            continue
        depth, opened = depth + 1, opened + 1
        if depth > MAX_DEPTH:
            raise DocumentError(f"nested deeper than {MAX_DEPTH} levels")
        if opened > MAX_CONTAINERS:
            raise DocumentError(f"more than {MAX_CONTAINERS} objects and lists")
    if bare.count(",") > MAX_VALUES:
        raise DocumentError(f"more than {MAX_VALUES} values")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DocumentError(f'the key "{shown(key)}" stands twice in one object')
        found[key] = value
    return found


def _no_number(name: str) -> NoReturn:
    raise DocumentError(f"{name} is not a number that JSON has")


def _short(kind: type[int] | type[float]) -> Any:
    def parse(digits: str) -> int | float:
        if len(digits) > MAX_NUMBER_CHARS:
            raise DocumentError(f"a number has more than {MAX_NUMBER_CHARS} characters")
        return kind(digits)

    return parse
