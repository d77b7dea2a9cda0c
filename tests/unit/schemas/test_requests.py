"""Strict schemas: what a request may say, and that saying too much of it costs little."""

import pytest
from marshmallow import ValidationError

from gateway.schemas.requests import MAX_TEXT_CHARS, MAX_URLS, CreateConference, PlayConference
from gateway.schemas.room_requests import MOST_COACHED, CoachMembers, UncoachMembers


def test_a_body_full_of_urls_is_refused_before_each_is_looked_at() -> None:
    """A body of 1 MiB holds 340,000 of them: one app's request took 5 s of everybody's time, its answer had 18 MB."""
    with pytest.raises(ValidationError) as refused:
        PlayConference().load({"urls": [""] * (MAX_URLS + 1)})
    assert refused.value.messages == {"urls": [f"From 1 to {MAX_URLS} files."]}


def test_each_of_a_few_wrong_urls_is_named() -> None:
    with pytest.raises(ValidationError) as refused:
        PlayConference().load({"urls": ["http://a/x.wav", "ftp://a"]})
    messages = refused.value.messages
    assert isinstance(messages, dict) and list(messages["urls"]) == [1]


@pytest.mark.parametrize("urls", [[], None, "http://a/x.wav", {"0": "http://a/x.wav"}, [None], [["http://a/x.wav"]]])
def test_what_is_no_list_of_urls_is_refused(urls: object) -> None:
    with pytest.raises(ValidationError):
        PlayConference().load({"urls": urls})


def _fault(name: str) -> str:
    with pytest.raises(ValidationError) as refused:
        CreateConference().load({"name": name})
    messages = refused.value.messages
    assert isinstance(messages, dict) and list(messages) == ["name"] and len(messages["name"]) == 1
    return str(messages["name"][0])


def test_a_text_as_long_as_the_body_is_refused_before_it_is_looked_at() -> None:
    """A MiB of it was looked at character by character: 60 ms of everybody's time."""
    assert _fault("\n" * (MAX_TEXT_CHARS + 1)) == f"Must have at most {MAX_TEXT_CHARS} characters."
    assert _fault("a" * MAX_TEXT_CHARS).startswith("Alphanumeric")
    assert _fault("a" * (MAX_TEXT_CHARS - 1) + "\n") == "Must not contain control characters."


def test_each_control_character_is_found() -> None:
    for code in (*range(32), 127):
        assert _fault(f"a{chr(code)}b") == "Must not contain control characters."
    for char in " ~\x80ä\u2028":
        assert _fault(f"a{char}b").startswith("Alphanumeric")


@pytest.mark.parametrize("schema", [CoachMembers, UncoachMembers])
def test_a_body_full_of_sessions_is_refused_before_each_is_looked_at(schema: type[CoachMembers]) -> None:
    with pytest.raises(ValidationError) as refused:
        schema().load({"coached": [""] * (MOST_COACHED + 1)})
    assert refused.value.messages == {"coached": [f"From 1 to {MOST_COACHED} sessions."]}


def test_a_session_named_twice_is_coached_once() -> None:
    call = "acW68-550e8400-e29b-41d4-a716-446655440000"
    assert CoachMembers().load({"coached": [call, call]}) == {"coached": [call]}
