"""bgapi jobs under way on one connection: a command's text goes in, the result of its BACKGROUND_JOB comes out."""

import time

from gevent.event import AsyncResult

from gateway.domain.ids import new_uuid
from gateway.errors import SwitchTimeout
from gateway.switch.connection import EslConnection
from gateway.switch.frames import Event
from gateway.switch.replies import Reply, job_reply


class Jobs:
    """Each job has its own Job-UUID, so many may be under way and end in any order."""

    def __init__(self, job_timeout_s: float) -> None:
        self._job_timeout_s = job_timeout_s
        self._waiting: dict[str, AsyncResult] = {}

    @property
    def under_way(self) -> int:
        return len(self._waiting)

    def run(self, connection: EslConnection, text: str, limit_s: float | None = None) -> Reply:
        """The job's result within `limit_s` (None: job_timeout_s), or the reply that refused to take it."""
        limit_s = self._job_timeout_s if limit_s is None else limit_s
        job_uuid = new_uuid()
        deadline = time.monotonic() + limit_s
        # Waited for before it is sent: nothing says that the result comes after the reply.
        result = self._waiting[job_uuid] = AsyncResult()
        try:
            taken = connection.request(f"bgapi {text}\nJob-UUID: {job_uuid}")
            if not taken.ok:
                return taken
            result.wait(max(0.0, deadline - time.monotonic()))
            if not result.ready():
                raise SwitchTimeout(f"no result within {limit_s:g} s; it may still run")
            reply: Reply = result.get()
        finally:
            del self._waiting[job_uuid]
        return reply

    def settle(self, event: Event) -> None:
        """Hand a BACKGROUND_JOB to whoever waits for it; others' jobs pass by."""
        result = self._waiting.get(str(event.get("Job-UUID", "")))
        if result is not None:
            result.set(job_reply(event))

    def fail_all(self, reason: str) -> None:
        """The switch tells a job's end once, to whoever is connected then: nobody will hear of these any more."""
        for result in self._waiting.values():
            if not result.ready():
                result.set_exception(SwitchTimeout(f"the connection was lost ({reason}); it may have run"))
