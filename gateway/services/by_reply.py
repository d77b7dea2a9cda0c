"""Commands that are judged by the switch's reply: it is the happening, or says that there will be none."""

from collections.abc import Callable

from gateway.services.commands import Answer, Asked, CommandDesk, Step
from gateway.store.unit_of_work import Needs, UnitOfWork


def carry_out(
    desk: CommandDesk,
    asked: Asked,
    needs: Needs,
    plan: Callable[[UnitOfWork], Answer | Step],
    send: Callable[[Step], Answer],
) -> Answer:
    """As CommandDesk.run, but `send(step)` sends and judges; when it raises, it has taken back what was planned."""
    with desk.under_way(asked):
        step = desk.decide(asked, needs, plan)
        if isinstance(step, Answer):
            return step
        answer = send(step)
        desk.remember(asked, answer)
        return answer
