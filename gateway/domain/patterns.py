"""Event patterns of endpoints. In: patterns and the name of an event. Out: whether the endpoint gets it."""

import re
from collections.abc import Sequence
from functools import lru_cache

from gateway.domain.events import UNSEQUENCED

# A pattern names talking events only by their own last word: `conference.*` covers them and does not name them.
_TALKING = "talking"


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Only `*` is special; it stands for any text, dots included."""
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))


def matches(patterns: Sequence[str] | None, event_name: str) -> bool:
    """Without patterns everything but talking_*, which only go to endpoints that name them."""
    if patterns is None:
        return event_name not in UNSEQUENCED
    return any(
        _compiled(pattern).fullmatch(event_name)
        for pattern in patterns
        if event_name not in UNSEQUENCED or _TALKING in pattern
    )
