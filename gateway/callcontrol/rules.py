"""How a table of a verb is read. In: a Rule and what a document gave. Out: the fields of the verb, or a fault.

One table per verb, the same shape for XML attributes and JSON fields; nothing is looked up by getattr.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.errors import DocumentError

# The verb's own default (domain/verbs.py) holds.
OF_VERB: Final = object()
# Checked, and without effect: it belongs to something that is off.
NO_FIELD: Final = ""
MAX_SHOWN_CHARS: Final = 60

# (name of the attribute, or "" for the element itself; reason) -> the error with its place
Fault = Callable[[str, str], DocumentError]


@dataclass(frozen=True)
class Row:
    """One attribute: the field it fills, how its value is read, what holds when it is absent."""

    field: str
    parse: Callable[[Any], Any]
    default: Any = OF_VERB
    required: bool = False


@dataclass(frozen=True)
class Rule:
    """One verb. `refused` are attributes its front knows and this gateway does not do, each with the reason.

    `content` is an element's text; `children` the elements it may hold, which fill `child_field`; `fixed` are
    fields that no attribute fills and whose default differs from the verb's.
    """

    build: Callable[..., Any]
    rows: Mapping[str, Row] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    content: Row | None = None
    children: frozenset[str] = frozenset()
    child_field: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)


def read_rows(rule: Rule, given: Mapping[str, Any], fault: Fault) -> dict[str, Any]:
    values: dict[str, Any] = dict(rule.fixed)
    for name, value in given.items():
        if name in rule.refused:
            raise fault(name, f"is not supported by this gateway: {rule.refused[name]}")
        row = rule.rows.get(name)
        if row is None:
            raise fault(shown(name), "is unknown")
        _fill(values, row, value, name, fault)
    for name, row in rule.rows.items():
        if name in given:
            continue
        if row.required:
            raise fault(name, "is required")
        if row.default is not OF_VERB:
            values[row.field] = row.default
    return values


def read_content(rule: Rule, text: str, values: dict[str, Any], fault: Fault) -> None:
    if rule.content is not None:
        _fill(values, rule.content, text, "", fault)


def built(rule: Rule, values: dict[str, Any], fault: Fault) -> Any:
    try:
        return rule.build(**values)
    except ValueError as reason:
        raise fault("", str(reason)) from None


def shown(text: str) -> str:
    """Text of a document inside a message: short, and printable."""
    cut = text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


def _fill(values: dict[str, Any], row: Row, value: Any, name: str, fault: Fault) -> None:
    try:
        parsed = row.parse(value)
    except ValueError as reason:
        raise fault(name, str(reason)) from None
    if row.field != NO_FIELD:
        values[row.field] = parsed
