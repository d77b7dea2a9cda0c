"""Pages by key: an opaque cursor names the last row seen; rows deleted meanwhile neither repeat nor hide others."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from gateway.errors import InvalidInput

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """`limit` is clamped already; `given` is the caller's cursor; `kind` keeps one list's cursor out of another."""

    kind: str
    limit: int
    given: str = ""

    def after(self, *types: type) -> Any:
        """The key in the cursor, None at the start. Raises InvalidInput for a cursor that is not ours."""
        if not self.given:
            return None
        try:
            values = orjson.loads(base64.urlsafe_b64decode(self.given + "=" * (-len(self.given) % 4)))
        except (ValueError, binascii.Error):
            values = None
        fits = isinstance(values, list) and len(values) == len(types) + 1 and values[0] == self.kind
        if not fits or not all(_is(value, kind) for value, kind in zip(values[1:], types, strict=True)):
            raise InvalidInput(
                "Invalid cursor", "invalid-cursor", {"fields": {"cursor": ["Not a cursor of this list."]}}
            )
        return tuple(values[1:]) if len(types) > 1 else values[1]

    def cut(self, rows: Sequence[T], key: Callable[[T], tuple[object, ...]]) -> tuple[Sequence[T], str]:
        """Of `limit` + 1 rows those to be shown, and the cursor behind them by their `key`: '' when none follow."""
        shown = rows[: self.limit]
        return shown, self.cursor(*key(shown[-1])) if len(rows) > self.limit else ""

    def cursor(self, *key: object) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.kind, *key])).decode().rstrip("=")


def _is(value: object, kind: type) -> bool:
    """Of the type, and nothing that a database would choke on: a cursor is a caller's text after all."""
    if type(value) is int:
        return kind is int and abs(value) < 2**53
    return type(value) is str and kind is str and value.isascii() and value.isprintable()
