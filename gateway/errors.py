"""The one error family of the gateway. Raised anywhere below the doors; api/errors.py maps each to a status once.

GatewayError
├── Refused                 the request is understood and not possible (4xx at the door)
│   ├── InvalidInput          a field is wrong; detail.fields names it
│   ├── Unauthorized          no or wrong credentials
│   ├── Forbidden             another app's room or session
│   ├── NotFound              nobody's
│   ├── Conflict              the state does not allow it
│   ├── TooLarge              a body over the limit
│   └── CoolingDown           too soon; retry_after_ms says when
├── SwitchError             the switch did not do it
│   ├── SwitchUnavailable     no connection to the node: nothing was sent
│   ├── SwitchTimeout         sent, no answer in time: it may have run
│   └── SwitchRefused         the switch answered -ERR, -USAGE or nothing
├── UnsafeArgument          text that could break out of a command was refused; nothing was sent
├── MediaError              audio could not be fetched or is not allowed
├── DocumentError           what an answer URL returned cannot be run; nothing of it was
├── StoreError              the database refused the change
│   ├── StoreUnavailable      it is away or takes no changes now: the same one may be tried again later
│   └── LeaseLost             another process acts for the node now: nothing was changed
└── ConfigError             the settings are wrong; the start stops
"""

from collections.abc import Mapping
from typing import Any


class GatewayError(Exception):
    """Base of all. `error_id` is stable and kebab-case; `message` is a sentence for a person."""

    error_id = "internal-error"

    def __init__(self, message: str, error_id: str | None = None, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        if error_id is not None:
            self.error_id = error_id
        self.detail: dict[str, Any] = dict(detail or {})


class Refused(GatewayError):
    error_id = "refused"


class InvalidInput(Refused):
    error_id = "invalid-input"


class Unauthorized(Refused):
    error_id = "unauthorized"


class Forbidden(Refused):
    error_id = "forbidden"


class NotFound(Refused):
    error_id = "not-found"


class Conflict(Refused):
    error_id = "conflict"


class TooLarge(Refused):
    error_id = "body-too-large"


class CoolingDown(Refused):
    """A command of the same cooldown group ran less than its window ago (contract, "Errors")."""

    error_id = "rate-limited"

    def __init__(self, message: str, retry_after_ms: int) -> None:
        super().__init__(message, detail={"retry_after_ms": retry_after_ms})
        self.retry_after_ms = retry_after_ms


class SwitchError(GatewayError):
    error_id = "switch-error"


class SwitchUnavailable(SwitchError):
    error_id = "switch-unavailable"


class SwitchTimeout(SwitchError):
    error_id = "switch-timeout"


class SwitchRefused(SwitchError):
    """The switch's own words are in `reply`."""

    error_id = "switch-refused"

    def __init__(self, message: str, reply: str = "") -> None:
        super().__init__(message, detail={"reply": reply[:200]} if reply else None)
        self.reply = reply


class UnsafeArgument(GatewayError):
    error_id = "unsafe-argument"


class MediaError(GatewayError):
    error_id = "media-error"


class DocumentError(GatewayError):
    """`message` says where and what; `line` and `column` count from 1, 0 where the place is told by a path.

    The id is MiniVoice's error code (contract, "Answer documents"), hence its underscores.
    """

    error_id = "answer_url_error"

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        place = f"line {line}, column {column}: " if line else ""
        super().__init__(place + message, detail={"line": line, "column": column} if line else None)
        self.line = line
        self.column = column


class StoreError(GatewayError):
    error_id = "store-error"


class StoreUnavailable(StoreError):
    """No fault of the change: nothing may be skipped for it."""


class LeaseLost(StoreError):
    """What was to be applied is the new holder's to find out."""


class ConfigError(GatewayError):
    error_id = "config-error"
