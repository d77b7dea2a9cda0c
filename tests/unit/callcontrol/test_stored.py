"""What a call runs is stored and taken up again, exactly."""

import json
from dataclasses import fields
from typing import get_args

import pytest
from hypothesis import given, settings

from gateway.callcontrol import stored, xml
from gateway.domain import verbs
from gateway.domain.verbs import Conference, Dial, Document, Gather, Play, Speak, Target
from gateway.errors import DocumentError
from tests.unit.callcontrol.strategies import DOCUMENTS


@settings(deadline=None)
@given(DOCUMENTS)
def test_a_document_comes_back_as_it_was(document: Document) -> None:
    """a gateway killed and restarted takes every call up again where it was"""
    text = stored.to_json(document)
    assert stored.from_json(text) == document
    assert stored.to_json(stored.from_json(text)) == text
    assert text.encode()


def test_every_verb_has_a_name() -> None:
    assert set(get_args(verbs.Verb)) | {Target} == set(stored._KINDS.values())


def test_the_text_holds_every_field_and_the_nested_kinds() -> None:
    document = Document((Gather((Speak("é"), Play("https://a/")), max_digits=1), Dial((Target("number", "1"),))))
    kept = json.loads(stored.to_json(document))
    assert kept["version"] == 1
    gather, dial = kept["verbs"]
    assert [prompt["="] for prompt in gather["prompts"]] == ["speak", "play"]
    assert set(gather) == {row.name for row in fields(Gather)} | {"="}
    assert dial["targets"] == [{"=": "target", "kind": "number", "address": "1"}]
    assert '"é"' in stored.to_json(document)


def test_read_stored_and_read_again() -> None:
    document = xml.parse(b'<Response><Conference digitsMatch="1,2" timeLimit="5">r</Conference></Response>')
    assert document.verbs == (Conference("r", digits_match=("1", "2"), time_limit_s=5, named=("time_limit_s",)),)
    assert stored.from_json(stored.to_json(document)) == document


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"version":2,"verbs":[]}',
        '{"version":1}',
        '{"version":1,"verbs":5}',
        '{"version":1,"verbs":[{"=":"teleport"}]}',
        '{"version":1,"verbs":[{"=":"hold","music":1}]}',
        '{"version":1,"verbs":[{"=":"speak"}]}',
        '{"version":1,"verbs":[{"text":"x"}]}',
        '{"version":1,"verbs":["hold"]}',
        '{"version":1,"verbs":[{"=":"target","kind":"number","address":"1"}]}',
        "[" * 100_000,
    ],
)
def test_what_another_version_wrote_is_a_document_error(text: str) -> None:
    with pytest.raises(DocumentError, match="the stored document cannot be read"):
        stored.from_json(text)
