"""What HTTP says of a cached answer, pure. In: response headers. Out: seconds it is fresh, its validators."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

MAX_FRESH_S = 86_400
# For answers that say nothing and have no validators: a short file in a loop is not loaded each time.
UNSAID_FRESH_S = 10
_MAX_VALIDATOR_CHARS = 512


@dataclass(frozen=True)
class Validators:
    etag: str = ""
    last_modified: str = ""

    def as_headers(self) -> dict[str, str]:
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


def validators(headers: Mapping[str, str]) -> Validators:
    return Validators(_clean(headers.get("etag", "")), _clean(headers.get("last-modified", "")))


def _clean(value: str) -> str:
    """They are sent back: nothing folded, nothing endless."""
    return value if value.isprintable() and value.isascii() and len(value) <= _MAX_VALIDATOR_CHARS else ""


def fresh_for_s(headers: Mapping[str, str], unsaid_s: int | None = None) -> int:
    """0: ask again each time. `unsaid_s` is what holds when the headers are silent (a 304 often is)."""
    directives = _directives(headers.get("cache-control", ""))
    if "no-store" in directives or "no-cache" in directives:
        return 0
    if "max-age" in directives:
        return _within(_whole(directives["max-age"]) - _whole(headers.get("age", "")))
    if "expires" in headers:
        return _within(_seconds_between(headers.get("date", ""), headers["expires"]))
    if unsaid_s is not None:
        return unsaid_s
    return 0 if validators(headers).as_headers() else UNSAID_FRESH_S


def _directives(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.lower().split(","))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _seconds_between(date: str, expires: str) -> int:
    try:
        return int((parsedate_to_datetime(expires) - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0


def _within(seconds: int) -> int:
    return max(0, min(seconds, MAX_FRESH_S))
