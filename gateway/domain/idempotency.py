"""What a request is, to idempotency and cooldowns (contract, "Session commands" and "Errors")."""

from gateway.domain.values import frozen


@frozen
class CommandKey:
    """One remembered command: the same app, path and uid gets the first answer again for 24 hours.

    `status` 0 means not answered yet; `owner` is the gateway process that runs it.
    """

    id: str
    body_hash: str
    owner: str
    created_at: int
    status: int = 0
    answer: bytes = b""


@frozen
class Cooldown:
    """A group is closed for its subject until `until_at`."""

    id: str
    until_at: int


def command_key_id(app_id: str, path: str, command_uid: str) -> str:
    return f"{app_id} {path} {command_uid}"
