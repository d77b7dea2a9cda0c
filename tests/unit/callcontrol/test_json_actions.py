"""MiniVoice's actions: typed and untyped, each field, refusals that name the path."""

import time
from typing import Any

import orjson
import pytest

from gateway.callcontrol import json_actions
from gateway.callcontrol.capabilities import Capabilities
from gateway.domain.verbs import (
    Conference,
    Dial,
    Document,
    Gather,
    Hangup,
    Hold,
    Mute,
    Redirect,
    Resume,
    SendDigits,
    Speak,
    StartRecording,
    StopRecording,
    Target,
    Unmute,
    Verb,
)
from gateway.errors import DocumentError

URL = "https://app.example.com/next?a=1"
NUMBER = Target("number", "+15551230099")


def read(*actions: Any) -> tuple[Verb, ...]:
    return json_actions.parse(orjson.dumps({"actions": actions})).verbs


def refusal(body: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        json_actions.parse(body)
    assert caught.value.error_id == "answer_url_error"
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "given", "verb"),
    [
        ("conference", {"room": "support-room-1001"}, Conference("support-room-1001")),
        (
            "conference",
            {"room": " a.b_c ", "mute": True, "end_on_exit": True},
            Conference("a.b_c", muted=True, end_on_exit=True),
        ),
        ("conference", {"room": "r", "mute": False, "end_on_exit": False}, Conference("r")),
        ("say", {"text": "Thanks\nfor calling."}, Speak("Thanks for calling.")),
        ("gather", {}, Gather((), 1, 1, 5, 5, 5, "#")),
        (
            "gather",
            {"prompt": "Press 1", "num_digits": 2, "timeout_seconds": 7, "finish_on_key": "*"},
            Gather((Speak("Press 1"),), 2, 2, 7, 7, 7, "*"),
        ),
        ("gather", {"max_digits": 4}, Gather((), 4, 1, 5, 5, 5)),
        ("gather", {"min_digits": 4}, Gather((), 4, 4, 5, 5, 5)),
        ("gather", {"min_digits": 2, "max_digits": 4, "finish_on_key": ""}, Gather((), 4, 2, 5, 5, 5, "")),
        ("send_digits", {"digits": "1234#"}, SendDigits("1234#", 0, background=False)),
        ("send_digits", {"digits": "AwW,1", "pause_before_ms": 60000}, SendDigits("AwWW1", 60000, background=False)),
        ("redirect", {"url": URL}, Redirect(URL, "GET", None)),
        ("redirect", {"url": URL, "method": "POST", "max_redirects": 0}, Redirect(URL, "POST", 0)),
        ("transfer", {"destination": "+15551230099"}, Dial((NUMBER,), final=True)),
        ("transfer", {"to": "+15551230099", "from": "+1555"}, Dial((NUMBER,), caller_id="+1555", final=True)),
        (
            "bridge",
            {"to": "+15551230099", "from": "+15551230001", "timeout_seconds": 20},
            Dial((NUMBER,), timeout_s=20, caller_id="+15551230001", final=True),
        ),
        ("bridge", {"destination": "sip:a@b.example"}, Dial((Target("sip", "sip:a@b.example"),), final=True)),
        ("hold", {}, Hold()),
        ("resume", {}, Resume()),
        *[("mute", {"direction": way}, Mute(way)) for way in ("read", "write", "both")],
        *[("unmute", {"direction": way}, Unmute(way)) for way in ("read", "write", "both")],
        ("start_recording", {}, StartRecording()),
        ("stop_recording", {}, StopRecording()),
        ("hangup", {}, Hangup()),
    ],
)
def test_each_action_untyped_and_typed(name: str, given: dict[str, Any], verb: Verb) -> None:
    """conference (typed and untyped form; `mute`, `end_on_exit`)"""
    assert read({name: given}) == (verb,)
    assert read({"type": name, **given}) == (verb,)
    assert read({name: {"type": name, **given}}) == (verb,)


def test_actions_keep_their_order_and_none_is_a_document_too() -> None:
    """MiniVoice executes actions in order"""
    assert read({"say": {"text": "a"}}, {"type": "hold"}, {"say": {"text": "b"}}) == (Speak("a"), Hold(), Speak("b"))
    assert json_actions.parse(b' {"actions": []}\n') == Document()
    assert json_actions.parse(b'\xef\xbb\xbf{"actions": [{"hold": {}}]}').verbs == (Hold(),)
    assert json_actions.parse('{"actions": [{"hold": {}}]}'.encode("utf-16")).verbs == (Hold(),)


ROOM = "the name of a room needs 1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first"
ACTIONS = (
    "say, gather, send_digits, redirect, transfer, bridge, conference, hold, resume, mute, unmute, start_recording,"
    " stop_recording, hangup"
)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({"conference": {"room": "r", "mute": "yes"}}, "actions[0].conference.mute: must be a boolean"),
        ({"conference": {"room": "r", "mute": 1}}, "actions[0].conference.mute: must be a boolean"),
        ({"conference": {"room": "r", "mute": None}}, "actions[0].conference.mute: must be a boolean"),
        ({"type": "conference", "room": "r", "end_on_exit": 0}, "actions[0].end_on_exit: must be a boolean"),
        ({"conference": {}}, "actions[0].conference.room: is required"),
        ({"conference": {"room": 5}}, "actions[0].conference.room: must be a string"),
        ({"conference": {"room": "my room"}}, f"actions[0].conference.room: {ROOM}"),
        ({"conference": {"room": "r\n\nx"}}, "actions[0].conference.room: must not contain control characters"),
        ({"conference": {"room": "r", "muted": True}}, "actions[0].conference.muted: is unknown"),
        ({"conference": "room"}, "actions[0].conference: must be an object"),
        ({"conference": {"type": "say", "room": "r"}}, "actions[0].conference.type: must be conference"),
        ({"conference": {"room": "r"}, "say": {}}, "actions[0]: must have one key, the action's name, or a type"),
        ({}, "actions[0]: must have one key, the action's name, or a type"),
        ({"type": 5}, "actions[0].type: must be a string"),
        ("say", "actions[0]: must be an object"),
        (None, "actions[0]: must be an object"),
        ({"start_stream": {}}, "actions[0].start_stream: action start_stream is not supported by this gateway"),
        ({"type": "stop_stream"}, "actions[0]: action stop_stream is not supported by this gateway"),
        ({"play": {"url": URL}}, f"actions[0].play: action play is unknown; actions are {ACTIONS}"),
        ({"type": "Say", "text": "x"}, f"actions[0]: action Say is unknown; actions are {ACTIONS}"),
        ({"say": {}}, "actions[0].say.text: is required"),
        ({"say": {"text": " \n"}}, "actions[0].say.text: needs text to speak"),
        ({"say": {"text": ["x"]}}, "actions[0].say.text: must be a string"),
        ({"say": {"text": "a\u0000"}}, "actions[0].say.text: must not contain control characters"),
        ({"say": {"text": "a" * 3001}}, "actions[0].say.text: must have at most 3000 characters"),
        ({"gather": {"num_digits": 0}}, "actions[0].gather.num_digits: must be a whole number from 1 to 32"),
        ({"gather": {"num_digits": True}}, "actions[0].gather.num_digits: must be a whole number from 1 to 32"),
        ({"gather": {"num_digits": 1.0}}, "actions[0].gather.num_digits: must be a whole number from 1 to 32"),
        ({"gather": {"num_digits": "1"}}, "actions[0].gather.num_digits: must be a whole number from 1 to 32"),
        ({"gather": {"timeout_seconds": 31}}, "actions[0].gather.timeout_seconds: must be a whole number from 1 to 30"),
        ({"gather": {"finish_on_key": "##"}}, "actions[0].gather.finish_on_key: must be one of 0-9 * #, or none"),
        ({"gather": {"min_digits": 5, "max_digits": 4}}, "actions[0].gather: asks for at least 5 digits and at most 4"),
        ({"send_digits": {}}, "actions[0].send_digits.digits: is required"),
        ({"send_digits": {"digits": ""}}, "actions[0].send_digits.digits: must be keys of 0-9 * # A-D, w, W or comma"),
        ({"send_digits": {"digits": "1" * 100}}, "actions[0].send_digits.digits: must have at most 99 keys"),
        (
            {"send_digits": {"digits": "1", "pause_before_ms": 60001}},
            "actions[0].send_digits.pause_before_ms: must be a whole number from 0 to 60000",
        ),
        ({"redirect": {"url": "/next"}}, "actions[0].redirect.url: must begin with http:// or https://"),
        ({"redirect": {"url": URL, "method": "get"}}, "actions[0].redirect.method: must be GET or POST"),
        (
            {"redirect": {"url": URL, "max_redirects": 21}},
            "actions[0].redirect.max_redirects: must be a whole number from 0 to 20",
        ),
        ({"transfer": {}}, "actions[0].transfer: needs a destination"),
        ({"bridge": {"to": "1", "destination": "2"}}, "actions[0].bridge: has both to and destination"),
        (
            {"bridge": {"to": "sip:a@b;x=|"}},
            "actions[0].bridge.to: must be a SIP URI sip:user@host without parameters",
        ),
        (
            {"bridge": {"to": "alice"}},
            "actions[0].bridge.to: must be a phone number: digits, with or without a leading +",
        ),
        ({"mute": {}}, "actions[0].mute.direction: is required"),
        ({"mute": {"direction": "in"}}, "actions[0].mute.direction: must be read or write or both"),
        ({"hold": {"music": URL}}, "actions[0].hold.music: is unknown"),
        ({"hold": None}, "actions[0].hold: must be an object"),
        ({"x" * 70: {}}, f"actions[0].{'x' * 60}…: action {'x' * 60}… is unknown; actions are {ACTIONS}"),
    ],
)
def test_refusals_name_path_and_reason(action: Any, message: str) -> None:
    """Invalid fields or malformed JSON cause MiniVoice to reject the answer_url payload."""
    assert refusal(orjson.dumps({"actions": [action]})) == message
    assert refusal(orjson.dumps({"actions": [{"hold": {}}, action]})) == message.replace("[0]", "[1]")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the answer is empty"),
        (b" \n", "the answer is empty"),
        (b"[]", 'the answer must be an object {"actions": […]}'),
        (b'"actions"', 'the answer must be an object {"actions": […]}'),
        (b"{}", "actions: is required"),
        (b'{"actions": {}}', "actions: must be an array"),
        (b'{"actions": null}', "actions: must be an array"),
        (b'{"actions": [], "version": 1}', "version: is unknown"),
        (b'{"actions": [], "actions": []}', 'the key "actions" stands twice in one object'),
        (
            b'{"actions": [{"conference": {"room": "a", "room": "b"}}]}',
            'the key "room" stands twice in one object',
        ),
        (b'{"actions": [NaN]}', "NaN is not a number that JSON has"),
        (b'{"actions": [-Infinity]}', "-Infinity is not a number that JSON has"),
        (b'{"actions": [1e999]}', "actions[0]: must be an object"),
        (b'{"actions": [' + b"1" * 5000 + b"]}", "a number has more than 20 characters"),
        (b'{"actions": [\n {"hold": {}},\n x]}', "line 3, column 2: not well-formed JSON: Expecting value"),
        (b'{"actions": []} x', "line 1, column 17: not well-formed JSON: Extra data"),
        (b'{"actions": ["a\nb"]}', "line 1, column 16: not well-formed JSON: Invalid control character at"),
        (b"{'a': []}", "line 1, column 2: not well-formed JSON: Expecting property name enclosed in double quotes"),
        (b'{"actions": [\xff]}', "the answer is not utf-8: wrong byte at position 13"),
        (b'{"actions": ' + b"[" * 16 + b"]" * 16 + b"}", "nested deeper than 16 levels"),
        (b"[" * 500_000, "nested deeper than 16 levels"),
        (b'{"a":' * 20_000, "nested deeper than 16 levels"),
        (b'{"a":' * 200_000, "more than 20000 strings"),
        (b'{"actions": [' + b"{}," * 500 + b"{}]}", "actions: must have at most 500 entries"),
        (b'{"actions": [' + b"[]," * 5_000 + b"[]]}", "more than 5000 objects and lists"),
        (b'{"actions": [' + b"1," * 10_001 + b"1]}", "more than 10000 values"),
        (b'{"actions": [' + b'"",' * 20_001 + b"1]}", "more than 20000 strings"),
        (
            b'{"actions": [{"say": {"text": "a' + b" " * 8192 + b'"}}]}',
            "actions[0].say.text: must have at most 3000 characters",
        ),
        (b'{"actions":' + b" " * 1_048_576, "the answer is longer than 1048576 bytes"),
        (b'{"actions": [{"say": {"text": "\\ud800"}}]}', "actions[0].say.text: must not contain control characters"),
        (b'{"actions": [{"\\ud800": {}}]}', f"actions[0].\\ud800: action \\ud800 is unknown; actions are {ACTIONS}"),
    ],
)  # fmt: skip
def test_json_itself(body: bytes, message: str) -> None:
    """malformed JSON"""
    assert refusal(body) == message


def test_what_stands_inside_strings_is_not_counted() -> None:
    text = "[,{" * 900
    body = b'{"actions": [' + b",".join([b'{"say": {"text": "%s"}}' % text.encode()] * 50) + b"]}"
    assert json_actions.parse(body).verbs == (Speak(text),) * 50


def test_brackets_inside_strings_are_no_depth() -> None:
    assert read({"say": {"text": "[" * 50 + '\\"[{"' + "]" * 50 + "\\"}}) == (
        Speak("[" * 50 + '\\"[{"' + "]" * 50 + "\\"),
    )


@pytest.mark.parametrize("part", [b'\\"', b'"', b"\\\\", b"{},", b'"a":1,', b"1e5,", b"\\u005b", b" ", b'["', b"]"])
def test_a_full_mebibyte_of_anything_takes_bounded_time_and_says_little(part: bytes) -> None:
    body = b'{"actions": [' + part * ((1_048_576 - 20) // len(part))
    began = time.process_time()
    for whole in (body, body + b"]}", body + b'"]}'):
        try:
            json_actions.parse(whole)
        except DocumentError as fault:
            assert len(fault.message) < 300
    assert time.process_time() - began < 5


def test_voices_are_asked_for_in_prompts_too() -> None:
    able = Capabilities(voice_fault=lambda voice, language: "speech is off: set GATEWAY_SPEECH")
    for action in ({"say": {"text": "x"}}, {"gather": {"prompt": "x"}}):
        with pytest.raises(DocumentError, match=r"actions\[0\]\.(say|gather): speech is off: set GATEWAY_SPEECH"):
            json_actions.parse(orjson.dumps({"actions": [action]}), able)
    assert json_actions.parse(b'{"actions": [{"gather": {}}]}', able).verbs == (Gather((), 1, 1, 5, 5, 5),)
