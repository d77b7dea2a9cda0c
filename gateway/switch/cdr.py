"""The switch's call detail records, as mod_json_cdr writes them: a file's bytes in, when a call began and ended out."""

import re
from dataclasses import dataclass
from typing import Any

import orjson

_CAUSE = re.compile(r"[A-Z0-9_]{1,64}")


@dataclass(frozen=True)
class Cdr:
    """Times in ms; `answered_at` None where nobody answered."""

    began_at: int
    answered_at: int | None
    hung_up_at: int
    cause: str


def file_names(channel_uuid: str) -> tuple[str, str]:
    """Of a leg that no other made (prefix-a-leg of json_cdr.conf), and of one that another made."""
    return f"a_{channel_uuid}.cdr.json", f"{channel_uuid}.cdr.json"


def read(content: bytes, channel_uuid: str) -> Cdr | None:
    """None for what is half written, of another call, or no CDR."""
    try:
        told: dict[str, Any] = orjson.loads(content)["variables"]
        if told["uuid"] != channel_uuid:
            return None
        began, answered, ended = (int(told[f"{name}_uepoch"]) // 1000 for name in ("start", "answer", "end"))
        cause = str(told.get("hangup_cause", ""))
    except (ValueError, KeyError, TypeError):
        return None
    if not 0 < began <= ended:
        return None
    return Cdr(began, answered or None, ended, cause if _CAUSE.fullmatch(cause) else "NORMAL_CLEARING")
