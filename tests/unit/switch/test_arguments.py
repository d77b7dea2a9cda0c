"""Whatever a user sends, no text leaves its argument."""

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import UnsafeArgument
from gateway.switch import arguments, commands

ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
CALL = "673dab88-324f-48ed-810a-ed188f50f72a"

NASTY = st.sampled_from(
    ["\r", "\n", "\n\n", "\0", "${", "$${", "}", "'", '"', "\\", "\\n", " ", ",", ";", "|", "%0A", "${system id}"]
)
TEXT = st.lists(st.one_of(st.text(st.characters(), max_size=8), NASTY), max_size=8).map("".join)
URLS = TEXT.map(lambda tail: f"http://h/{tail}")

MAKERS: list[Callable[[str], commands.Command]] = [
    lambda text: commands.Play(ROOM, text, "op-1"),
    lambda text: commands.Play(ROOM, "/s/a.wav", text),
    lambda text: commands.Play(ROOM, f"file_string://{text}", "op-1", at_once=True),
    lambda text: commands.Music(ROOM, f"file_string://http://h/a.wav!{text}"),
    lambda text: commands.Play(text, "/s/a.wav", "op-1"),
    lambda text: commands.PlayToMember(ROOM, 1, text),
    lambda text: commands.Kick(ROOM, 1, text),
    lambda text: commands.Mute(ROOM, text),
    lambda text: commands.Join(text, ROOM),
    lambda text: commands.Join(CALL, ROOM, (text,)),
    lambda text: commands.Join(CALL, ROOM, controls=text),
    lambda text: commands.Join(CALL, ROOM, variables={"conference_moh_sound": text}),
    lambda text: commands.Kill(CALL, text),
    lambda text: commands.SetVariables(CALL, {"a": text}),
    lambda text: commands.SetVariables(CALL, {text: "a"}),
    lambda text: commands.SendDigits(CALL, text),
    lambda text: commands.RecordRoom(ROOM, "start", text),
    lambda text: commands.RecordRoom(ROOM, "start", "/" + text),
    lambda text: commands.RecordCall(CALL, text, "/a"),
    lambda text: commands.ScheduleDelete(text),
    lambda text: commands.ChannelDump(text),
]


@given(st.sampled_from(MAKERS), st.one_of(TEXT, URLS))
@example(MAKERS[0], "http://h/\\n\\napi shutdown")
@example(MAKERS[0], "http://h/a' async")
def test_no_text_ever_ends_splits_or_expands_a_command(make: Callable[[str], commands.Command], text: str) -> None:
    try:
        command = make(text)
    except UnsafeArgument:
        return
    assert not re.search(r"[\r\n\0]|\$\{", command.text)
    assert command.text.count("'") % 2 == 0
    assert "\\" not in command.text
    command.text.encode()


@given(URLS)
def test_a_url_is_one_word_of_the_same_meaning(text: str) -> None:
    try:
        encoded = arguments.url(text)
    except UnsafeArgument:
        return
    assert not re.search(r"[$\\'{}| ]", encoded)
    assert unquote(encoded) == unquote(text)


@pytest.mark.parametrize(
    ("given_url", "encoded"),
    [
        ("http://h/a b.wav", "http://h/a%20b.wav"),
        ("http://h/$a{b}|'\\.wav", "http://h/%24a%7Bb%7D%7C%27%5C.wav"),
        ("https://h/é.wav?x=1&y=%20#.wav", "https://h/%C3%A9.wav?x=1&y=%20#.wav"),
        ("http_cache://http://h/a.wav", "http_cache://http://h/a.wav"),
    ],
)
def test_urls_are_percent_encoded(given_url: str, encoded: str) -> None:
    assert arguments.url(given_url) == encoded


@pytest.mark.parametrize("text", ["ftp://h/a", "file:///etc/passwd", "http:///a", "a.wav", "", "http://"])
def test_no_other_urls(text: str) -> None:
    with pytest.raises(UnsafeArgument):
        arguments.url(text)


@pytest.mark.parametrize("text", ["", "acW68-room-1", ROOM + "\n", ROOM.replace("acW68", "acW-8"), ROOM.upper()])
def test_no_other_rooms(text: str) -> None:
    with pytest.raises(UnsafeArgument):
        arguments.room(text)
