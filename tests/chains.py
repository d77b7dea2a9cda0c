"""Whether what an app was told can have happened: webhook bodies in, faults as sentences out. Pure.

Contract: "each room's and session's announced transitions form a legal chain". The order is that of the sequences,
not that of arrival, and a body that came twice counts once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Webhook = dict[str, Any]
Step = Callable[[Webhook], None]
JOINED, LEFT, JOIN_FAILED = "conference.member.joined", "conference.member.left", "conference.member.join_failed"
MUTES = {"conference.member.muted": True, "conference.member.unmuted": False}
# Told of members and rooms only where something changed: twice the same in a row never happened.
TOGGLES = {
    "conference.member.deafened": ("deaf", True),
    "conference.member.undeafened": ("deaf", False),
    "conference.member.held": ("held", True),
    "conference.member.unheld": ("held", False),
    "conference.locked": ("locked", True),
    "conference.unlocked": ("locked", False),
}
PLAY_ENDS = (
    "conference.play.finished", "conference.play.stopped", "conference.speak.finished", "conference.speak.stopped",
    "conference.speak.failed",
)  # fmt: skip
PLAY_PAUSES = {"conference.play.paused": True, "conference.play.resumed": False}
# What may still be told of a room that was destroyed (contract, "Names") and of a call that is over.
TRANSCRIPTIONS = {"transcription.completed", "transcription.failed"}
AFTER_DESTROY = {
    LEFT,
    JOIN_FAILED,
    "conference.play.stopped",
    "conference.recording.completed",
    *TRANSCRIPTIONS,
    "conference.speak.stopped",
    "command.result",
}
AFTER_THE_CALL = {"recording.completed", *TRANSCRIPTIONS}


def chain_faults(webhooks: Iterable[Webhook]) -> list[str]:
    """Every way in which they are not the story of one world; empty when all is well."""
    once = {webhook["id"]: webhook for webhook in webhooks}.values()
    found: list[str] = []
    for room, chain in _lanes(once, "room_id", "room_sequence").items():
        found += [f"{room}: {fault}" for fault in [*_gaps(chain, "room_sequence"), *_Room().walk(chain)]]
    for session, chain in _lanes(once, "session_uuid", "sequence").items():
        found += [f"{session}: {fault}" for fault in [*_gaps(chain, "sequence"), *_Session().walk(chain)]]
    return found


def seats_told(webhooks: Iterable[Webhook]) -> dict[str, dict[str, bool]]:
    """Who is in which room by the end of what was told: room -> session -> muted. Empty rooms are left out."""
    seats = {}
    for room, chain in _lanes(webhooks, "room_id", "room_sequence").items():
        machine = _Room()
        machine.walk(chain)
        if machine.muted:
            seats[room] = machine.muted
    return seats


def _lanes(webhooks: Iterable[Webhook], subject: str, number: str) -> dict[str, list[Webhook]]:
    lanes: dict[str, list[Webhook]] = defaultdict(list)
    for webhook in webhooks:
        if subject in webhook and number in webhook:
            lanes[webhook[subject]].append(webhook)
    return {name: sorted(chain, key=lambda webhook: int(webhook[number])) for name, chain in lanes.items()}


def _gaps(chain: list[Webhook], number: str) -> list[str]:
    numbers = [webhook[number] for webhook in chain]
    if numbers == list(range(1, len(numbers) + 1)):
        return []
    return [f"{number} is not 1, 2, 3 …: {numbers}"]


@dataclass
class _Machine:
    """Walks one chain; what breaks a rule is noted and the walk goes on as if it had been right."""

    noted: list[str] = field(default_factory=list)
    seen: int = 0
    at: str = ""

    def walk(self, chain: list[Webhook]) -> list[str]:
        steps = self.steps()
        for self.seen, webhook in enumerate(chain, 1):
            self.at = f"number {self.seen}, {webhook['event']}"
            self.before(webhook)
            if step := steps.get(webhook["event"]):
                step(webhook)
        return self.noted

    def expect(self, right: object, rule: str) -> None:
        if not right:
            self.noted.append(f"{self.at}: {rule}")

    def steps(self) -> dict[str, Step]:
        raise NotImplementedError

    def before(self, webhook: Webhook) -> None:
        raise NotImplementedError


@dataclass
class _Room(_Machine):
    """created, then started … ended any number of times, then destroyed; members only between."""

    created: bool = False
    started: bool = False
    destroyed: bool = False
    muted: dict[str, bool] = field(default_factory=dict)
    plays: dict[str, bool] = field(default_factory=dict)
    toggled: dict[tuple[str, str], bool] = field(default_factory=dict)

    def steps(self) -> dict[str, Step]:
        return {
            "conference.created": self.on_created,
            "conference.started": self.on_started,
            "conference.ended": self.on_ended,
            "conference.destroyed": self.on_destroyed,
            JOINED: self.on_joined,
            LEFT: self.on_left,
            "conference.play.started": self.on_play,
            "conference.speak.started": self.on_play,
            "conference.play.failed": self.on_play_failed,
            **dict.fromkeys(MUTES, self.on_mute),
            **dict.fromkeys(TOGGLES, self.on_toggle),
            **dict.fromkeys(PLAY_ENDS, self.on_play_over),
            **dict.fromkeys(PLAY_PAUSES, self.on_play_pause),
        }

    def before(self, webhook: Webhook) -> None:
        if self.destroyed:
            self.expect(webhook["event"] in AFTER_DESTROY, "after conference.destroyed")

    def on_created(self, _webhook: Webhook) -> None:
        self.expect(self.seen == 1, "must be the first event of its room")
        self.created = True

    def on_started(self, _webhook: Webhook) -> None:
        self.expect(self.created, "before conference.created")
        self.expect(not self.started, "it is started already")
        self.expect(not self.muted, "with members in")
        self.started = True

    def on_ended(self, _webhook: Webhook) -> None:
        self.expect(self.started, "before conference.started")
        self.expect(not self.muted, f"with members in: {sorted(self.muted)}")
        self.expect(not self.plays, f"with a playback under way: {sorted(self.plays)}")
        self.started = False

    def on_destroyed(self, _webhook: Webhook) -> None:
        self.expect(self.created, "before conference.created")
        self.destroyed = True

    def on_toggle(self, webhook: Webhook) -> None:
        kind, now = TOGGLES[webhook["event"]]
        who = webhook.get("session_uuid", "")
        self.expect(not who or who in self.muted, f"{who} is not in")
        self.expect(self.toggled.get((who, kind)) is not now, f"{who} is so already")
        self.toggled[(who, kind)] = now

    def on_joined(self, webhook: Webhook) -> None:
        who = webhook["session_uuid"]
        self.toggled = {key: value for key, value in self.toggled.items() if key[0] != who}
        self.expect(self.started, "before conference.started")
        self.expect(who not in self.muted, f"{who} is in already")
        self.muted[who] = webhook["data"]["muted"]

    def on_left(self, webhook: Webhook) -> None:
        who = webhook["session_uuid"]
        self.expect(who in self.muted, f"{who} is not in")
        self.muted.pop(who, None)

    def on_mute(self, webhook: Webhook) -> None:
        who, muted = webhook["session_uuid"], MUTES[webhook["event"]]
        self.expect(who in self.muted, f"{who} is not in")
        self.expect(self.muted.get(who) != muted, f"{who} is so already")
        self.expect(webhook["data"]["muted"] == muted, "data.muted says the opposite")
        if who in self.muted:
            self.muted[who] = muted

    def on_play(self, webhook: Webhook) -> None:
        operation = webhook["data"]["operation_id"]
        self.expect(self.muted, "with nobody in")
        self.expect(operation not in self.plays, f"{operation} plays already")
        self.plays[operation] = False

    def on_play_pause(self, webhook: Webhook) -> None:
        operation, paused = webhook["data"]["operation_id"], PLAY_PAUSES[webhook["event"]]
        self.expect(operation in self.plays, f"{operation} does not play")
        self.expect(self.plays.get(operation) != paused, f"{operation} is so already")
        self.plays[operation] = paused

    def on_play_failed(self, webhook: Webhook) -> None:
        operation = webhook["data"]["operation_id"]
        self.expect(operation in self.plays, f"{operation} does not play")

    def on_play_over(self, webhook: Webhook) -> None:
        operation = webhook["data"]["operation_id"]
        self.expect(operation in self.plays, f"{operation} does not play")
        self.plays.pop(operation, None)


@dataclass
class _Session(_Machine):
    """created, answered at most once, in one room at a time, completed last; an unanswered call of ours fails last."""

    answered: bool = False
    completed: bool = False
    room: str = ""
    muted: bool = True
    hears: str = ""  # the operation of what a command plays to it
    paused: bool = False

    def steps(self) -> dict[str, Step]:
        return {
            "call.created": self.on_created,
            "call.answered": self.on_answered,
            "call.completed": self.on_completed,
            "call.failed": self.on_failed,
            JOINED: self.on_joined,
            LEFT: self.on_left,
            JOIN_FAILED: self.on_join_failed,
            **dict.fromkeys(MUTES, self.on_mute),
            **dict.fromkeys(("playback.started", "call.held"), self.on_hears),
            **dict.fromkeys(("playback.finished", "playback.stopped", "call.unheld"), self.on_heard),
            **dict.fromkeys(("playback.paused", "playback.resumed"), self.on_pause),
        }

    def on_hears(self, webhook: Webhook) -> None:
        self.expect(not self.hears, f"{self.hears} is played to it")
        self.hears, self.paused = webhook["data"]["operation_id"], False

    def on_heard(self, webhook: Webhook) -> None:
        self.expect(self.hears == webhook["data"]["operation_id"], f"{self.hears or 'nothing'} is played to it")
        self.hears = ""

    def on_pause(self, webhook: Webhook) -> None:
        paused = webhook["event"] == "playback.paused"
        self.expect(self.hears == webhook["data"]["operation_id"], f"{self.hears or 'nothing'} is played to it")
        self.expect(self.paused != paused, "is so already")
        self.paused = paused

    def before(self, webhook: Webhook) -> None:
        self.expect(self.seen > 1 or webhook["event"] == "call.created", "before call.created")
        if self.completed:
            self.expect(webhook["event"] in AFTER_THE_CALL, "after call.completed")

    def on_created(self, _webhook: Webhook) -> None:
        self.expect(self.seen == 1, "must be the first event of its call")

    def on_answered(self, _webhook: Webhook) -> None:
        self.expect(not self.answered, "it is answered already")
        self.answered = True

    def on_failed(self, webhook: Webhook) -> None:
        """With a cause it is the end; without, a document failed."""
        if "hangup_cause" in webhook["data"]:
            self.expect(not self.answered, "it was answered")
            self.completed = True

    def on_completed(self, _webhook: Webhook) -> None:
        self.expect(not self.room, f"still in {self.room}")
        self.expect(not self.hears, f"{self.hears} is played to it")
        self.completed = True

    def on_joined(self, webhook: Webhook) -> None:
        self.expect(not self.room, f"already in {self.room}")
        self.room, self.muted = webhook["room_id"], webhook["data"]["muted"]

    def on_left(self, webhook: Webhook) -> None:
        self.expect(self.room == webhook["room_id"], f"is in {self.room or 'no room'}")
        self.room = ""

    def on_join_failed(self, webhook: Webhook) -> None:
        self.expect(not self.room, f"is in {self.room}")

    def on_mute(self, webhook: Webhook) -> None:
        muted = MUTES[webhook["event"]]
        self.expect(self.room == webhook["room_id"], f"is in {self.room or 'no room'}")
        self.expect(self.muted != muted, "is so already")
        self.muted = muted
