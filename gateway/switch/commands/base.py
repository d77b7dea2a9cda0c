"""What a command is: a frozen value with exact text, and how it is sent and judged."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import ClassVar

from gateway.switch import arguments
from gateway.switch.replies import Reply


class Kind(Enum):
    """How a command travels. API blocks its socket until done: only for what answers at once.

    A TASK is a job whose result nobody waits for: it comes up in the stream of events, under `job_uuid`.
    """

    API = "api"
    JOB = "bgapi"
    TASK = "bgapi, told by events"
    MESSAGE = "sendmsg"


@dataclass(frozen=True)
class Command(ABC):
    """Fields are checked when the value is made, so a command that exists is safe to send."""

    kind: ClassVar[Kind] = Kind.API

    def __post_init__(self) -> None:
        _ = self.text

    @cached_property
    def text(self) -> str:
        """What follows `api ` or `bgapi `; of a MESSAGE the whole of it."""
        return arguments.one_line(" ".join(self._words()))

    @abstractmethod
    def _words(self) -> tuple[str, ...]: ...

    @property
    def job_uuid(self) -> str:
        """Of a TASK."""
        return ""

    @property
    def result_limit_s(self) -> float | None:
        """Of a JOB: how long its result is waited for; None is job_timeout_s."""
        return None

    def accepts(self, reply: Reply) -> bool:
        return reply.ok
