"""The text of the Event Socket: commands are cut as the switch cuts them, frames are byte for byte its own."""

import json
import urllib.parse
from pathlib import Path

import pytest

from gateway.simulator.events import JSON, PLAIN, Event, Part
from gateway.simulator.wire import CommandReader, split_arguments

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"


def recorded_events(name: str, content_type: str) -> list[str]:
    lines = [json.loads(line) for line in (RECORDINGS / name).read_text().splitlines()]
    return [line["data"] for line in lines if line["dir"] == "recv" and content_type in line["data"][:60]]


@pytest.mark.parametrize("frame", recorded_events("json_events_join_mute.jsonl", "text/event-json"))
def test_a_json_frame_is_the_recorded_one_to_the_byte(frame: str) -> None:
    pairs = json.loads(frame.partition("\n\n")[2], object_pairs_hook=list)
    parts = [Part([pair]) for pair in pairs]  # headers come twice in some events, and both are sent
    assert Event("X", parts, None).frame(JSON).decode() == frame


@pytest.mark.parametrize("frame", recorded_events("filtered_subscription.jsonl", "text/event-plain"))
def test_a_plain_frame_is_the_recorded_one_to_the_byte(frame: str) -> None:
    lines = frame.partition("\n\n")[2].rstrip("\n").split("\n")
    decoded = [(name, urllib.parse.unquote(value)) for name, _, value in (line.partition(": ") for line in lines)]
    assert Event("X", [Part(decoded)], None).frame(PLAIN).decode() == frame


def test_commands_are_cut_wherever_the_bytes_break() -> None:
    job = b"bgapi originate null/a &park()\r\nJob-UUID: 7\r\n\r\n"
    text = b"\n\napi status\n\n" + job + b"sendevent X\nContent-Length: 3\n\nabcexit\n\n"
    reader = CommandReader()
    commands = [command for at in range(len(text)) for command in reader.feed(text[at : at + 1])]
    assert [c.line for c in commands] == ["api status", "bgapi originate null/a &park()", "sendevent X", "exit"]
    assert commands[1].headers == {"job-uuid": "7"}
    assert commands[2].body == "abc"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("R mute  all", ["R", "mute", "all"]),
        ("R play 'say://a b'", ["R", "play", "say://a b"]),
        (r"R say a\nb", ["R", "say", "a\nb"]),
        (r"it\'s \d+", ["it's", r"\d+"]),
        ("", []),
    ],
)
def test_arguments_are_split_as_the_switch_splits_them(text: str, words: list[str]) -> None:
    assert split_arguments(text) == words
