"""A flow: where a call that a document leads stands. Frozen; change by values.replace."""

import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway.domain.verbs import Method

MOST_TARGETS = 1024  # of one app's callbacks
FETCHING, RUNNING, IN_ROOM, OVER = "fetching", "running", "in_room", "over"


@dataclass(frozen=True)
class Flow:
    """One row is the truth of where a call stands; whoever takes the call up goes on from it.

    `document` is stored.to_json's text, '' until the first came; `position` the index of the verb that runs or is
    next. A verb runs in steps: `steps` counts those of this verb that are over, `results` holds what they gave, by
    their number (nothing where that is empty). `step_uuid` names the one under way, committed before it is sent;
    `step_kind` is `execute` (then `step_data` is its argument) or `room`. `notes` is what a verb in a room wants
    remembered for the reactions to the room's events. `must_fetch`: the request is made for a caller who hung up, too.
    `redirects_left` -1: no document set a limit. `end_cause`: how it is hung up after the last verb, '' normally.
    """

    session_id: str
    app_id: str
    node_id: str
    state: str
    created_at: int
    document: str = ""
    position: int = 0
    steps: int = 0
    results: dict[str, Any] = field(default_factory=dict)
    step_uuid: str = ""
    step_kind: str = ""
    step_data: str = ""
    notes: dict[str, Any] = field(default_factory=dict)
    fetch_url: str = ""
    fetch_method: str = "POST"
    fetch_params: dict[str, Any] = field(default_factory=dict)
    must_fetch: bool = False
    documents: int = 0
    redirects_left: int = -1
    room_id: str = ""
    end_cause: str = ""
    ended: bool = False


@dataclass(frozen=True)
class Ask:
    """Fetch the next document there. `must`: also for a caller who hung up, whose answer is then ignored.

    `max_redirects` None: the house's limit of documents in one call holds alone.
    """

    url: str
    method: Method = "POST"
    params: dict[str, str] = field(default_factory=dict)
    must: bool = False
    max_redirects: int | None = None


@dataclass(frozen=True)
class Callback:
    """To be told by the durable outbox, form-encoded and signed as Plivo's; its answer counts for nothing."""

    url: str
    method: Method = "POST"
    params: dict[str, str] = field(default_factory=dict)

    def target(self, app_id: str) -> str:
        """The outbox's name for where it goes: one host's trouble delays another's only where they share a target.

        An app that names host upon host has MOST_TARGETS at the most: each is looked after for a day and more.
        """
        host = int.from_bytes(hashlib.sha256(urlsplit(self.url).netloc.encode()).digest()[:4]) % MOST_TARGETS
        return f"callback:{hashlib.sha256(f'{app_id} {host}'.encode()).hexdigest()[:20]}"

    def body(self) -> bytes:
        return b"" if self.method == "GET" else urlencode(self.params).encode()

    def full_url(self) -> str:
        return with_query(self.url, self.params) if self.method == "GET" else self.url


def with_query(url: str, params: dict[str, str]) -> str:
    """`url` exactly as written, and `params` behind what query it has."""
    base, mark, fragment = url.partition("#")
    joined = "?" if "?" not in base else "" if base.endswith(("?", "&")) else "&"
    return f"{base}{joined if params else ''}{urlencode(params)}{mark}{fragment}"


@dataclass(frozen=True)
class Joining:
    """How a document's call enters a room. `notes` go into the flow's row, for the reactions in the room.

    `flags`, `controls` and `variables` are those of switch.commands.Join. `room_wide` is what holds for the whole room
    while it runs, unless another document has set it before (services/room_roles.py). `not_had`: URLs of sounds that
    could not be had, and why; the app is told, the call joins without them.
    """

    room_name: str
    max_members: int = 20
    flags: tuple[str, ...] = ()
    controls: str = "gw"
    variables: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    room_wide: dict[str, Any] = field(default_factory=dict)
    not_had: tuple[tuple[str, str], ...] = ()


class StepResult(dict[str, str]):
    """What a step gave. Of an execute: `response` (Application-Response) and those channel variables that it set.

    Of a room: `joined` (`true` or ''), `reason` (of member.left or join_failed), `cause`, `room_id`, `member_id`, and
    `hung_up` (`true` when the caller did).
    """

    def __missing__(self, key: str) -> str:
        return ""
