"""Single values of a JSON action: JSON's own type first, then the checks of attribute_checks.py on texts."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from gateway.callcontrol import attribute_checks as check

T = TypeVar("T")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be a boolean")
    return value


def whole(least: int, most: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        # True is an int to Python; 5.0 and "5" are no whole numbers to a strict reader.
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return parse


def prose(value: Any) -> str:
    """Text to speak may hold line breaks, which become spaces."""
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return check.spoken(value)


def text(parse: Callable[[str], T]) -> Callable[[Any], T]:
    def parse_text(value: Any) -> T:
        if not isinstance(value, str):
            raise ValueError("must be a string")
        if _CONTROL.search(value):
            raise ValueError("must not contain control characters")
        return parse(value)

    return parse_text
