"""What the switch does later on its own: sched_api, sched_hangup and sched_del keep their tasks here."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.simulator.clock import Clock, Timer


@dataclass
class Task:
    id: int
    group: str
    timer: Timer


class Scheduler:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: dict[int, Task] = {}
        self._last = 2  # the core has two tasks of its own

    def add(self, when: str, group: str, run: Callable[[], object]) -> int | None:
        """`+N` in N seconds, `@N` every N seconds, else an epoch; None if it is no time."""
        number = when.lstrip("+@")
        if not number.isdigit():
            return None
        every_s = int(number) if when.startswith("@") else 0
        relative = when[:1] in "+@"
        delay_s = float(number) if relative else max(0.0, int(number) - time.time())
        self._last += 1
        task_id = self._last
        timer = self._clock.after(delay_s, self._run, task_id, every_s, run)
        self._tasks[task_id] = Task(task_id, group, timer)
        return task_id

    def delete(self, what: str) -> int:
        """By task id or by group; how many there were."""
        doomed = [t for t in self._tasks.values() if t.group == what or str(t.id) == what]
        for task in doomed:
            task.timer.cancel()
            del self._tasks[task.id]
        return len(doomed)

    def _run(self, task_id: int, every_s: int, run: Callable[[], object]) -> None:
        task = self._tasks.get(task_id)
        if task is None:
            return
        if every_s:
            task.timer = self._clock.after(every_s, self._run, task_id, every_s, run)
        else:
            del self._tasks[task_id]
        run()
