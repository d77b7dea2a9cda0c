"""Hypothesis: any bytes become a Document or a DocumentError, never another exception."""

from contextlib import suppress
from typing import Any

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.callcontrol import json_actions, stored, xml
from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.documents import read
from gateway.callcontrol.json_rules import ACTIONS
from gateway.callcontrol.xml_rules import INNER, VERBS
from gateway.domain.verbs import Document
from gateway.errors import DocumentError

ELEMENTS = sorted(VERBS["plivo"] | INNER) + ["Response", "Stream", "break", "x"]
ATTRIBUTES = sorted({name for rule in VERBS["plivo"].values() for name in [*rule.rows, *rule.refused]}) + ["x", "xmlns"]
FIELDS = sorted({name for rule in ACTIONS.values() for name in rule.rows}) + ["type", "x"]
WORDS = ["true", "false", "1", "20", "0", "room", "GET", "auto", "none", "#", "beep:1", "https://a/b", "", "1,2", "mp3"]

NAMES = st.sampled_from(ELEMENTS)
TEXTS = st.one_of(st.sampled_from([*WORDS, "sip:a@b", "\n"]), st.text(max_size=8))


def reads_or_refuses(body: bytes, content_type: str = "") -> None:
    try:
        document = read(body, content_type, Capabilities(), "plivo")
    except DocumentError as fault:
        assert fault.message.isprintable() and 0 < len(fault.message) < 1000
        assert fault.message.encode()
    else:
        assert stored.from_json(stored.to_json(document)) == document
    with suppress(DocumentError):
        xml.parse_sound(body)


def quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def listed(attributes: dict[str, str]) -> str:
    return " ".join(f'{name}="{quoted(value)}"' for name, value in attributes.items())


ELEMENT = st.recursive(
    TEXTS.map(quoted),
    lambda inner: st.builds(
        lambda name, attributes, content: f"<{name} {listed(attributes)}>{''.join(content)}</{name}>",
        NAMES,
        st.dictionaries(st.sampled_from(ATTRIBUTES), TEXTS, max_size=4),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, *ACTIONS]), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", "text/xml", "application/json", "x"]))
@example(b"\xff\xfe", "")
@example(b"\0<", "")
@example(b"<\0", "text/xml")
@example(b'<?xml version="1.0" encoding="idna"?><a/>', "")
@example(b'<?xml version="1.0" encoding="undefined"?><a/>', "")
@example(b"<a xmlns:x='' x:y='1'/>", "")
@example(b"\xef\xbb\xbf\xef\xbb\xbf{}", "")
def test_any_bytes(body: bytes, content_type: str) -> None:
    """any XML or JSON bytes never crash the runner"""
    reads_or_refuses(body, content_type)
    for parse in (xml.parse, json_actions.parse):
        with suppress(DocumentError):
            assert isinstance(parse(body), Document)


@settings(deadline=None)
@given(ELEMENT)
def test_anything_that_looks_like_a_response(content: str) -> None:
    reads_or_refuses(f"<Response>{content}</Response>".encode("utf-8", "replace"))


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, 200))
def test_a_good_document_with_a_piece_overwritten(piece: bytes, at: int) -> None:
    for good in (
        b'<?xml version="1.0" encoding="UTF-8"?><Response><Speak loop="2">Hi &amp; ho</Speak>'
        b'<Conference muted="true" digitsMatch="1,2">room</Conference></Response>',
        b'{"actions": [{"type": "gather", "num_digits": 2}, {"conference": {"room": "a", "mute": true}}]}',
    ):
        reads_or_refuses(good[:at] + piece + good[at + len(piece) :])


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from([*FIELDS, *ACTIONS]), JSON_VALUES, max_size=3), max_size=3))
def test_anything_that_looks_like_actions(actions: list[dict[str, Any]]) -> None:
    reads_or_refuses(orjson.dumps({"actions": actions}))


@settings(deadline=None)
@given(st.sampled_from(sorted(ACTIONS)), st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=4))
def test_any_fields_of_an_action(name: str, given_fields: dict[str, Any]) -> None:
    reads_or_refuses(orjson.dumps({"actions": [{name: given_fields}]}))
