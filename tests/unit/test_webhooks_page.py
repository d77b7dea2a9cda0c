"""docs/webhooks.md: it names every event that apps are told, with its fields; and its snippets verify signatures."""

import inspect
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from gateway.domain.events import Event
from gateway.domain.ids import new_webhook_secret
from gateway.domain.leg_playback import PLAY, SPEAK, LegPlayback
from gateway.domain.member import Seat
from gateway.domain.recording import Recording
from gateway.domain.room import Playback, Room
from gateway.domain.session import Operation, Session
from gateway.services import announcements as told
from gateway.services import leg_announcements as leg
from gateway.webhooks.signature import Signer
from tests.world import CALL, NODE, ROOM

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "webhooks.md").read_text()
ALWAYS = {"Events of rooms": {"room_id"}, "Events of members": {"room_id", "name", "uuid"}}
UID = "command_uid"  # beside all others, where a command asked for it

room = Room(ROOM, "app_1", NODE, "r", "api", 1)
locked = Room(ROOM, "app_1", NODE, "r", "api", 1, locked=True)
call = Session(CALL, "app_1", NODE, CALL[6:], "inbound", "+15550001111", "+15551230002", "answered", 1)
seat = Seat(CALL, ROOM, "app_1", "joined", 1, 1)
played = Playback("op_1", ROOM, "app_1", ["http://a.example/a.wav"])
spoken = Playback("op_1", ROOM, "app_1", speech={"text": "a"})
sound = LegPlayback("op_1", CALL, "app_1", PLAY, [{"url": "http://a.example/a.wav"}])
speech = LegPlayback("op_1", CALL, "app_1", SPEAK, [{"text": "a"}])
of_call = Recording("rec_1", "app_1", NODE, "wav", 1, session_id=CALL)
of_room = Recording("rec_1", "app_1", NODE, "wav", 1, room_id=ROOM)
order = Operation("op_1", "app_1", CALL, "hold", "uid", "owner", 1, 2)
BOTH = (True, False)

# Each function that makes events, with what makes it say all that it can say.
ROOMS: list[tuple[Callable[..., Event], list[tuple[Any, ...]]]] = [
    (told.room_created, [(room, 1)]),
    (told.room_started, [(room, 1)]),
    (told.room_ended, [(room, 1)]),
    (told.room_destroyed, [(room, 1)]),
    (told.room_lock_changed, [(room, 1), (locked, 1)]),
    (told.floor_changed, [(room, CALL, 1)]),
    (told.pin_changed, [(room, True, 1, "uid")]),
    (told.play_started, [(room, played, 1), (room, spoken, 1)]),
    (told.play_finished, [(room, played, 1), (room, spoken, 1)]),
    (told.play_failed, [(room, played, "r", 1), (room, spoken, "r", 1)]),
    (told.play_stopped, [(room, played, "r", 1), (room, spoken, "r", 1)]),
    (told.play_paused, [(room, played, paused, 1, "uid") for paused in BOTH]),
    (told.play_volume_changed, [(room, "op_1", 1, "uid")]),
]
MEMBERS: list[tuple[Callable[..., Event], list[tuple[Any, ...]]]] = [
    (told.member_joined, [(room, call, seat, 1)]),
    (told.member_left, [(room, call, seat, "hangup", "NORMAL_CLEARING", 1)]),
    (told.member_muted, [(room, call, muted, "app", "uid", 1) for muted in BOTH]),
    (told.member_deafened, [(room, call, deaf, "uid", 1) for deaf in BOTH]),
    (told.member_held, [(room, call, held, "uid", 1) for held in BOTH]),
    (told.member_volume_changed, [(room, call, "in", 1, "uid", 1)]),
    (told.member_role_changed, [(room, call, "member", "uid", 1)]),
    (told.member_coached, [(room, call, [CALL], "uid", 1)]),
    (told.member_uncoached, [(room, call, [CALL], [], "uid", 1)]),
    (told.member_talking, [(room, call, talking, 1) for talking in BOTH]),
    (told.member_digits, [(room, call, "123", 1)]),
    (told.member_join_failed, [(room, call, seat, "full", 1)]),
]
CALLS: list[tuple[Callable[..., Event], list[tuple[Any, ...]]]] = [
    (told.call_created, [(call, 1)]),
    (told.call_ringing, [(call, 1)]),
    (told.call_answered, [(call, 1)]),
    (told.call_unanswered, [(call, 1)]),
    (told.call_completed, [(call, 1, [{}])]),
    (told.call_failed, [(call, "c", "m", 1)]),
    (told.call_gathered, [(call, "1", "digits", 1)]),
    (told.playback_failed, [(call, "u", "r", 1)]),
    (told.command_result, [(order, subject, "failed", "e", 1) for subject in (room, call)]),
    (told.recording, [(what, word, "u", 1) for what in (of_room, of_call) for word in
                      ("started", "paused", "resumed", "completed")]),
    (told.transcription, [(of_call, "t", "", 1), (of_call, "", "e", 1)]),
    (leg.started, [(call, sound, 1), (call, speech, 1)]),
    (leg.finished, [(call, sound, 1)]),
    (leg.stopped, [(call, sound, "r", 1)]),
    (leg.failed, [(call, sound, "u", "r", 1)]),
    (leg.paused, [(call, sound, paused, 1, "uid") for paused in BOTH]),
    (leg.gathered, [(call, sound, "1", "digits", 1)]),
    (leg.held, [(call, sound, 1)]),
    (leg.unheld, [(call, sound, "r", 1)]),
]  # fmt: skip
SAMPLES = [*ROOMS, *MEMBERS, *CALLS]


def on_the_page() -> dict[str, set[str]]:
    """Event -> the fields of its data, what all of its section have included."""
    found = dict[str, set[str]]()
    for section in PAGE.split("\n## Events of ")[1:]:
        always = ALWAYS.get(f"Events of {section.splitlines()[0]}", set())
        for row in re.findall(r"^\| `.*\|$", section, re.MULTILINE):
            _, events, data, *_ = row.split("|")
            fields = set(re.findall(r"`([a-z_]+)`", data))
            found |= dict.fromkeys(re.findall(r"`([a-z_.]+)`", events), fields | always)
    return found


def functions_of(module: ModuleType) -> list[Any]:
    """That make events."""
    own = [made for name, made in inspect.getmembers(module, inspect.isfunction) if not name.startswith("_")]
    return [made for made in own if made.__module__ == module.__name__ and made.__annotations__["return"] is Event]


def test_the_page_names_every_event_and_its_data() -> None:
    assert {made for made, _ in SAMPLES} == {*functions_of(told), *functions_of(leg)}
    emitted = dict[str, set[str]]()
    for made, calls in SAMPLES:
        for given in calls:
            event = made(*given)
            emitted.setdefault(event.name, set()).update(event.data)
    page = on_the_page()
    assert page.keys() == emitted.keys()
    assert {name: data - {UID} for name, data in page.items()} == {name: data - {UID} for name, data in emitted.items()}


def test_events_are_made_nowhere_else() -> None:
    makers = {
        path.name
        for path in (ROOT / "gateway").rglob("*.py")
        if "gateway.domain.events import" in (text := path.read_text()) and re.search(r"\bEvent\(", text)
    }
    assert makers == {"announcements.py", "leg_announcements.py"}


def snippets() -> dict[str, Any]:
    """Its lines of Python, run."""
    section = PAGE.split("## Was it us\n", 1)[1].split("\n## ", 1)[0]
    names: dict[str, Any] = {}
    exec("\n".join(line[4:] for line in section.splitlines() if line.startswith("    ")), names)
    return names


def test_the_snippets_verify() -> None:
    secret, other = new_webhook_secret(), new_webhook_secret()
    body, names = b'{"id":"evt_1"}', snippets()
    lines = Signer.of([secret, other]).headers("evt_1", int(time.time()), body)
    headers = dict(line.split(": ", 1) for line in lines.splitlines())
    assert names["verified"](secret, body, headers) == {"id": "evt_1"}
    assert names["verified"](other, body, headers) == {"id": "evt_1"}, "while a secret is rotated"
    assert names["is_minivoice"](secret, body, headers)
    assert not names["is_minivoice"](other, body, headers)
    assert not names["is_minivoice"](secret, body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        names["verified"](secret, body + b" ", headers)
