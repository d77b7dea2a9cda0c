"""Documents made by Plivo's own SDK are read; each attribute it knows is in a table or refused by name."""

from typing import Any

import pytest
from plivo import plivoxml

from gateway.callcontrol import xml
from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.xml_rules import INNER, UNDONE, VERBS
from gateway.domain.verbs import (
    Conference,
    Dial,
    Gather,
    Hangup,
    Play,
    PreAnswer,
    Record,
    Redirect,
    SendDigits,
    Speak,
    Target,
    Verb,
    Wait,
)
from gateway.errors import DocumentError

URL = "https://app.example.com/x?a=1&b=2"
ALL = Capabilities(transcription_types=frozenset({"auto", "hybrid", "manual"}))


def read(*elements: Any) -> tuple[Verb, ...]:
    response = plivoxml.ResponseElement()
    for element in elements:
        response.add(element)
    text: str = response.to_string()
    return xml.parse(text.encode(), ALL).verbs


ALL_ATTRIBUTES: dict[str, Any] = {
    "muted": True,
    "enter_sound": "beep:1",
    "exit_sound": "beep:2",
    "start_conference_on_enter": False,
    "end_conference_on_exit": True,
    "stay_alone": False,
    "wait_sound": URL,
    "max_members": 5,
    "record": True,
    "record_file_format": "wav",
    "time_limit": 3600,
    "hangup_on_star": True,
    "action": URL,
    "method": "GET",
    "callback_url": URL,
    "callback_method": "GET",
    "digits_match": "#0,99,000",
    "floor_event": True,
    "redirect": False,
    "relay_dtmf": False,
    "transcription_type": "hybrid",
    "transcription_url": URL,
    "transcription_method": "GET",
}
AS_READ = Conference(
    room="My-Room.1",
    muted=True,
    enter_sound="beep:1",
    exit_sound="beep:2",
    max_members=5,
    time_limit_s=3600,
    hangup_on_star=True,
    stay_alone=False,
    start_on_enter=False,
    end_on_exit=True,
    wait_sound=URL,
    record=True,
    record_format="wav",
    transcription_type="hybrid",
    transcription_url=URL,
    transcription_method="GET",
    action=URL,
    method="GET",
    callback_url=URL,
    callback_method="GET",
    redirect=False,
    digits_match=("#0", "99", "000"),
    floor_event=True,
    relay_dtmf=False,
    named=(
        "record_format",
        "time_limit_s",
        "transcription_method",
        "transcription_type",
        "transcription_url",
        "wait_sound",
    ),
)


def test_all_conference_attributes() -> None:
    """Documents made with Plivo's own SDK (`plivo` from PyPI: plivoxml, all Conference attributes)"""
    assert read(plivoxml.ConferenceElement("My-Room.1", **ALL_ATTRIBUTES)) == (AS_READ,)


@pytest.mark.parametrize("extra", [{"send_digits": "1"}, {"record_when_alone": "true"}])
def test_two_attributes_of_the_sdk_are_refused_by_name(extra: dict[str, str]) -> None:
    """Plivo's SDK knows two more attributes, sendDigits and recordWhenAlone: refused by name."""
    name = "sendDigits" if "send_digits" in extra else "recordWhenAlone"
    with pytest.raises(DocumentError, match=f"line 2, column 3: <Conference> {name}=.* is not supported"):
        read(plivoxml.ConferenceElement("r", **extra))


def test_a_flow_of_every_verb() -> None:
    gather = plivoxml.GetDigitsElement(action=URL, num_digits=1, retries=2, play_beep=True)
    gather.add(plivoxml.SpeakElement("Press one"))
    spoken = plivoxml.GetInputElement(action=URL, input_type="dtmf", execution_timeout=10, language="en-US")
    spoken.add(plivoxml.PlayElement(URL))
    dial = plivoxml.DialElement(timeout=20, caller_id="+15551230001", action=URL, redirect=False)
    dial.add(plivoxml.NumberElement("+15551230002")).add(plivoxml.UserElement("sip:alice@phone.example.com"))
    early = plivoxml.PreAnswerElement()
    early.add(plivoxml.SpeakElement("Soon", voice="MAN", language="en-GB", loop=2))
    assert read(
        early,
        plivoxml.SpeakElement("Tom & Jerry"),
        plivoxml.PlayElement(URL, loop=0),
        plivoxml.WaitElement(length=3, silence=True, min_silence=500),
        gather,
        spoken,
        plivoxml.RecordElement(action=URL, max_length=30, finish_on_key="#", transcription_type="auto"),
        dial,
        plivoxml.DTMFElement("12w3", async_=False),
        plivoxml.RedirectElement(URL, method="GET"),
        plivoxml.HangupElement(reason="busy", schedule=60),
    ) == (
        PreAnswer((Speak("Soon", "MAN", "en-GB", 2),)),
        Speak("Tom & Jerry"),
        Play(URL, 0),
        Wait(3, True, 500),
        Gather((Speak("Press one"),), max_digits=1, tries=2, play_beep=True, action=URL),
        Gather((Play(URL),), max_digits=32, timeout_s=10, total_timeout_s=10, action=URL),
        Record(URL, max_length_s=30, transcription_type="auto"),
        Dial(
            (Target("number", "+15551230002"), Target("sip", "sip:alice@phone.example.com")),
            timeout_s=20,
            caller_id="+15551230001",
            action=URL,
            redirect=False,
        ),
        SendDigits("12w3", background=False),
        Redirect(URL, "GET"),
        Hangup("busy", 60),
    )


ELEMENTS = {
    "Conference": plivoxml.ConferenceElement("r"),
    "Speak": plivoxml.SpeakElement("x"),
    "Play": plivoxml.PlayElement(URL),
    "Wait": plivoxml.WaitElement(),
    "GetDigits": plivoxml.GetDigitsElement(),
    "GetInput": plivoxml.GetInputElement(),
    "Record": plivoxml.RecordElement(),
    "Dial": plivoxml.DialElement(),
    "Redirect": plivoxml.RedirectElement(URL),
    "Hangup": plivoxml.HangupElement(),
    "PreAnswer": plivoxml.PreAnswerElement(),
    "DTMF": plivoxml.DTMFElement("1"),
    "Number": plivoxml.NumberElement("1"),
    "User": plivoxml.UserElement("sip:a@b"),
}


def sdk_attributes(element: Any) -> set[str]:
    """The SDK keeps an attribute as `_Class__name`; its XML name is the camel case of that, DTMF in capitals."""
    names = {key.partition("__")[2] for key in vars(element) if key.startswith("_") and "__" in key[1:]}
    special = {"relay_dtmf": "relayDTMF", "digits_match_b_leg": "digitsMatchBLeg", "async_": "async"}
    return {special.get(name) or name.split("_")[0] + "".join(map(str.title, name.split("_")[1:])) for name in names}


@pytest.mark.parametrize("name", ELEMENTS)
def test_no_attribute_of_the_sdk_is_simply_unknown(name: str) -> None:
    rule = (VERBS["plivo"] | INNER)[name]
    known = set(rule.rows) | set(rule.refused)
    assert sdk_attributes(ELEMENTS[name]) <= known
    assert not set(rule.rows) & set(rule.refused)


def test_every_verb_of_the_sdk_is_done_or_refused_by_name() -> None:
    assert set(plivoxml.ResponseElement._nestable) == set(VERBS["plivo"]) | UNDONE
