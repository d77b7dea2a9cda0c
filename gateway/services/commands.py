"""The discipline of a command: who owns it, was it asked before, is it too soon, then send; and take back what a
refusal leaves behind (contract, "Session commands": order of checks auth, validation, ownership, key, cooldown, state).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson

from gateway.domain.apps import App
from gateway.domain.idempotency import CommandKey, Cooldown, command_key_id
from gateway.domain.values import frozen, replace
from gateway.errors import Conflict, CoolingDown, GatewayError, NotFound, SwitchError, SwitchRefused, SwitchTimeout
from gateway.services.ownership import nobody_is_in
from gateway.store import leases
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Command, RecordRoom
from gateway.switch.pool import SwitchPool
from gateway.switch.replies import Reply

T = TypeVar("T")
REMEMBERED_MS = 24 * 3600 * 1000
# Cooldown groups of contracts/gateway-conferences.txt, each per session or room.
WINDOW_MS = {
    "conference": 2000,
    "conference_mute": 2000,
    "conf_play": 2000,
    "conference_control": 200,
    "conference_record": 200,
}
# And those of the commands beyond it (docs/rooms.md).
WINDOW_MS |= {
    "conference_lock": 2000, "conference_mute_all": 2000, "conference_deaf": 2000, "conference_hold": 2000,
    "conference_member_volume": 200, "conference_floor": 200, "conference_coach": 2000, "conference_role": 200,
    "conference_speak": 2000,
}  # fmt: skip


@frozen
class Asked:
    """One request: whose, to which path, and its idempotency key; `command_uid` is made up if none was given.

    `key` is the header Idempotency-Key; without it the command_uid is the key.
    """

    app: App
    path: str
    command_uid: str
    given: bool
    body_hash: str
    cooled: bool = True  # false: through a front whose contract has no cooldown groups
    key: str = ""

    @property
    def key_id(self) -> str:
        return command_key_id(self.app.id, self.path, self.key or self.command_uid)


@frozen
class Answer:
    """What the caller gets; `remembered` is the very answer of an earlier request, as bytes."""

    status: int
    body: dict[str, Any]
    remembered: bytes = b""


@frozen
class Step:
    """What a plan decided: a command to send, the answer if it is taken, and how to take the plan back."""

    node_id: str
    command: Command
    answer: Answer
    undo: Callable[[UnitOfWork], None] = lambda _uow: None


@frozen
class Gate:
    """The key and the cooldown of a request, checked; `close` records both, after the checks of state."""

    asked: Asked
    cooldown: Cooldown | None
    owner: str
    answer: Answer | None = None

    def close(self, uow: UnitOfWork, sends: bool = True) -> None:
        """Where nothing is sent, no cooldown starts."""
        if self.asked.given:
            uow.command_keys.put(CommandKey(self.asked.key_id, self.asked.body_hash, self.owner, uow.now))
        if self.cooldown is not None and sends:
            uow.cooldowns.put(self.cooldown)


def instance_lease(owner: str) -> str:
    return f"gateway:{owner}"


class CommandDesk:
    """`owner` names this process: its lease tells others whether a command it left open may still be answered."""

    def __init__(self, store: Store, pool: SwitchPool, owner: str, cooldowns: bool = True) -> None:
        self._store = store
        self._pool = pool
        self.owner = owner
        self._cooldowns = cooldowns
        self._under_way: Counter[str] = Counter()

    def node_ids(self) -> list[str]:
        return [node.id for node in self._pool.nodes]

    def needs(
        self, asked: Asked, group: str = "", subject: str = "", roomless: bool = False, **rows: tuple[str, ...]
    ) -> Needs:
        cooldowns = (f"{group}:{subject}",) if group and asked.cooled else ()
        keys = (asked.key_id,) if asked.given else ()
        # Without a key it leaves marks that explain an event of the next moment, and a cooldown.
        return Needs(cooldowns=cooldowns, keys=keys, roomless=roomless, passing=roomless and not keys, **rows)

    def gate(self, uow: UnitOfWork, asked: Asked, group: str = "", subject: str = "") -> Gate:
        """After ownership, before state. Raises Conflict or CoolingDown; a gate with an answer is a repeat."""
        if asked.given and (answer := self._earlier(uow, asked)):
            return Gate(asked, None, self.owner, answer)
        return Gate(asked, self._cooldown(uow, group, subject) if group and asked.cooled else None, self.owner)

    def _earlier(self, uow: UnitOfWork, asked: Asked) -> Answer | None:
        key = uow.command_keys.get(asked.key_id)
        if key is None or uow.now - key.created_at > REMEMBERED_MS:
            return None
        if key.body_hash != asked.body_hash:
            raise Conflict("This command_uid was used for another request.", "command-uid-reused")
        if key.status:
            return Answer(key.status, {}, key.answer)
        if self._is_under_way(uow, key):
            raise Conflict("The same command is still under way.", "command-in-progress")
        raise SwitchTimeout("The gateway stopped while this command was under way: it may have run.")

    def earlier(self, asked: Asked) -> Answer | None:
        """The first answer of a repeated request, for a front whose path names what may be gone since by other ids.

        Raises Conflict as the gate does; None where the request is no repeat, or has no key.
        """
        if not asked.given:
            return None
        with self.under_way(asked):
            return self._store.write(lambda uow: self._earlier(uow, asked), Needs(keys=(asked.key_id,)))

    def _is_under_way(self, uow: UnitOfWork, key: CommandKey) -> bool:
        """Here: by another request than the one that asks; one whose answer could not be kept is over."""
        if key.owner == self.owner:
            return self._under_way[key.id] > 1
        return leases.alive(uow.connection, instance_lease(key.owner), uow.now)

    @contextmanager
    def under_way(self, asked: Asked) -> Iterator[None]:
        """What has a key is told apart from what was left behind: see _is_under_way."""
        if not asked.given:
            yield
            return
        self._under_way[asked.key_id] += 1
        try:
            yield
        finally:
            self._under_way[asked.key_id] -= 1
            if not self._under_way[asked.key_id]:
                del self._under_way[asked.key_id]

    def _cooldown(self, uow: UnitOfWork, group: str, subject: str) -> Cooldown | None:
        if not self._cooldowns:
            return None
        name, window = f"{group}:{subject}", WINDOW_MS[group]
        before = uow.cooldowns.get(name)
        wait = before.until_at - uow.now if before is not None else 0
        # Far longer than the window: the clock was set back, which shuts nobody out. A little: another gateway's.
        if 0 < wait <= 2 * window:
            raise CoolingDown(f"Too soon: commands of the group {group} are {window} ms apart.", min(wait, window))
        return Cooldown(name, uow.now + window)

    def run(self, asked: Asked, needs: Needs, plan: Callable[[UnitOfWork], Answer | Step]) -> Answer:
        """Plan in one transaction, send what it says, remember the answer."""
        with self.under_way(asked):
            decided = self.decide(asked, needs, plan)
            if isinstance(decided, Step):
                self.send(asked, decided, needs)
                decided = decided.answer
                self.remember(asked, decided)
            return decided

    def decide(self, asked: Asked, needs: Needs, plan: Callable[[UnitOfWork], Answer | T]) -> Answer | T:
        """Where nothing is to be sent, the answer is remembered in the same transaction.

        A plan gives a Step where one command is sent, None where there are several and the answer is known then.
        """

        def work(uow: UnitOfWork) -> Answer | T:
            before = uow.changes
            try:
                decided = plan(uow)
            except NotFound:
                # What the path names may be gone since, by this very command. The key is of this app and path, so
                # whose it was needs no second look: the first answer holds.
                if not asked.given or uow.changes != before or (answer := self._earlier(uow, asked)) is None:
                    raise
                return answer
            if isinstance(decided, Answer) and asked.given and not decided.remembered:
                _keep(uow, asked, decided.status, orjson.dumps(decided.body))
            return decided

        return self._store.write(work, needs)

    def send(self, asked: Asked, step: Step, needs: Needs, check: bool = True) -> Reply:
        """A command that the switch did not take leaves nothing behind: no key, no cooldown, no asked-for change.

        Without `check` a refusal is returned, for the caller to judge and to forget().
        """
        try:
            return self._pool.send(step.node_id, step.command, check)
        except SwitchTimeout as error:
            self.remember(asked, error_answer(504, error))
            raise
        except SwitchError as error:
            self._store.write(lambda uow: self._take_back(uow, asked, step, needs), needs)
            raise _as_refusal(error, step.command) from error

    def ask(self, node_id: str, command: Command) -> Reply:
        """One of several commands of a request: what the switch refuses is returned, for the caller to judge."""
        return self._pool.send(node_id, command, check=False)

    def _take_back(self, uow: UnitOfWork, asked: Asked, step: Step, needs: Needs) -> None:
        self.forget(uow, asked, needs)
        step.undo(uow)

    def forget(self, uow: UnitOfWork, asked: Asked, needs: Needs) -> None:
        """A request that ends in 4xx or 503 frees its key and starts no cooldown."""
        if asked.given:
            uow.command_keys.drop(asked.key_id)
        for name in needs.cooldowns:
            uow.cooldowns.drop(name)

    def remember(self, asked: Asked, answer: Answer) -> None:
        if asked.given and not answer.remembered:
            body = orjson.dumps(answer.body)
            self._store.write(lambda uow: _keep(uow, asked, answer.status, body), Needs(keys=(asked.key_id,)))


def _keep(uow: UnitOfWork, asked: Asked, status: int, body: bytes) -> None:
    key = uow.command_keys.get(asked.key_id)
    if key is not None:
        uow.command_keys.put(replace(key, status=status, answer=body))


def _as_refusal(error: SwitchError, command: Command) -> GatewayError:
    """The switch knows before we do what is gone, a call, a member, all of a room: the contract's answer for it."""
    if isinstance(error, SwitchRefused):
        reply = Reply(error.reply)
        if reply.no_such_channel:
            return NotFound("The call of this session has ended", "session-ended")
        if reply.no_such_room and isinstance(command, RecordRoom):
            return nobody_is_in()
        if reply.no_such_member or reply.no_such_room:
            return NotFound("Session is not in any conference", "not-in-conference")
    return error


def error_answer(status: int, error: GatewayError) -> Answer:
    """The error shape of every front (contract, "Errors")."""
    body = {"success": False, "error": error.message, "error_id": error.error_id, "detail": error.detail}
    return Answer(status, body)


def with_uid(asked: Asked, body: dict[str, Any]) -> dict[str, Any]:
    """Answers of the contracts gain command_uid only when the request gave one."""
    return {**body, "command_uid": asked.command_uid} if asked.given else body
