"""`<Conference>`, attribute by attribute: default, each good value, bad values with their message."""

from dataclasses import fields
from typing import Any

import pytest

from gateway.callcontrol import xml
from gateway.callcontrol.capabilities import Capabilities
from gateway.domain.verbs import Conference
from gateway.errors import DocumentError

ALL = Capabilities(transcription_types=frozenset({"auto", "hybrid", "manual"}))
URL = "https://app.example.com/x?a=1&amp;b=2#ct=2000"
URL_READ = "https://app.example.com/x?a=1&b=2#ct=2000"


def conference(attributes: str = "", dialect: xml.Dialect = "plivo") -> Conference:
    body = f"<Response><Conference {attributes}>room</Conference></Response>".encode()
    (verb,) = xml.parse(body, ALL, dialect).verbs
    assert isinstance(verb, Conference)
    return verb


def refusal(attributes: str, name: str = "room") -> str:
    with pytest.raises(DocumentError) as caught:
        xml.parse(f"<Response>\n <Conference {attributes}>{name}</Conference></Response>".encode(), ALL)
    assert caught.value.error_id == "answer_url_error"
    assert (caught.value.line, caught.value.column) == (2, 2)
    return caught.value.message.removeprefix("line 2, column 2: <Conference> ")


def test_defaults_are_those_of_the_table() -> None:
    """contracts/plivo-conference-xml.txt, the column Default"""
    verb = conference()
    assert {row.name: vars(verb)[row.name] for row in fields(verb)} == {
        "room": "room",
        "muted": False,
        "enter_sound": "",
        "exit_sound": "",
        "max_members": 20,
        "time_limit_s": 86400,
        "hangup_on_star": False,
        "stay_alone": True,
        "start_on_enter": True,
        "end_on_exit": False,
        "wait_sound": "",
        "record": False,
        "record_format": "mp3",
        "transcription_type": "",
        "transcription_url": "",
        "transcription_method": "POST",
        "action": "",
        "method": "POST",
        "callback_url": "",
        "callback_method": "POST",
        "redirect": True,
        "digits_match": (),
        "floor_event": False,
        "relay_dtmf": True,
        "named": (),
    }


def test_maxMembers_is_10_by_default_in_voxml_and_may_be_set_there() -> None:
    """Maximum 10 participants per conference by default"""
    assert conference(dialect="voxml").max_members == 10
    assert conference('maxMembers="15"', dialect="voxml").max_members == 15
    assert conference(dialect="voxml").muted is False


BOOLEANS = {
    "muted": "muted",
    "hangupOnStar": "hangup_on_star",
    "stayAlone": "stay_alone",
    "startConferenceOnEnter": "start_on_enter",
    "endConferenceOnExit": "end_on_exit",
    "record": "record",
    "redirect": "redirect",
    "floorEvent": "floor_event",
    "relayDTMF": "relay_dtmf",
}
URLS = {
    "enterSound": "enter_sound",
    "exitSound": "exit_sound",
    "waitSound": "wait_sound",
    "transcriptionUrl": "transcription_url",
    "action": "action",
    "callbackUrl": "callback_url",
}
METHODS = {"method": "method", "callbackMethod": "callback_method", "transcriptionMethod": "transcription_method"}
GOOD: list[tuple[str, str, str, Any]] = [
    *[(name, word, field, word == "true") for name, field in BOOLEANS.items() for word in ("true", "false")],
    *[(name, URL, field, URL_READ) for name, field in URLS.items()],
    *[(name, "", field, "") for name, field in URLS.items()],
    *[(name, word, field, word) for name, field in METHODS.items() for word in ("GET", "POST")],
    *[(name, beep, URLS[name], beep) for name in ("enterSound", "exitSound") for beep in ("beep:1", "beep:2")],
    *[("maxMembers", text, "max_members", int(text)) for text in ("1", "7", "20")],
    *[("timeLimit", text, "time_limit_s", int(text)) for text in ("1", "86400", "172800")],
    *[("recordFileFormat", text, "record_format", text) for text in ("mp3", "wav")],
    *[("transcriptionType", text, "transcription_type", text) for text in ("auto", "hybrid", "manual")],
    ("digitsMatch", "", "digits_match", ()),
    ("digitsMatch", "1", "digits_match", ("1",)),
    ("digitsMatch", "#0,99,000", "digits_match", ("#0", "99", "000")),
    ("digitsMatch", " *1 , 1,1", "digits_match", ("*1", "1")),
]


@pytest.mark.parametrize(("attribute", "text", "field", "value"), GOOD)
def test_each_good_value(attribute: str, text: str, field: str, value: Any) -> None:
    assert vars(conference(f'{attribute}="{text}"'))[field] == value


BOOLEAN_FAULT = "must be true or false"
METHOD_FAULT = "must be GET or POST"
HTTP = "must begin with http:// or https://"
SOUND_FAULT = f"must be beep:1, beep:2 or a URL, and a URL {HTTP}"
MEMBERS = "must be a whole number from 1 to 20"
SECONDS = "must be a whole number from 1 to 2147483647"
PATTERNS = "must be patterns of 1 to 24 keys 0-9 * #, separated by commas"
BAD = [
    *[(name, word, BOOLEAN_FAULT) for name in BOOLEANS for word in ("True", "yes", "1", "")],
    *[(name, word, METHOD_FAULT) for name in METHODS for word in ("post", "PUT", "")],
    *[(name, "/relative", HTTP) for name in ("waitSound", "transcriptionUrl", "action", "callbackUrl")],
    ("action", "http://u:p@h/", "must not contain a user name or password"),
    ("waitSound", "http://h/a b.mp3", "must not contain spaces, backslashes or control characters"),
    *[(name, word, SOUND_FAULT) for name in ("enterSound", "exitSound") for word in ("beep:3", "beep", "BEEP:1")],
    *[("maxMembers", word, MEMBERS) for word in ("0", "21", "-1", "1.0", " 5", "", "٣", "1_0", "9" * 5000)],
    *[("timeLimit", word, SECONDS) for word in ("0", "-5", "1h", "2147483648")],
    *[("recordFileFormat", word, "must be mp3 or wav") for word in ("MP3", "ogg", "")],
    *[("transcriptionType", word, "must be auto or hybrid or manual") for word in ("Auto", "none", "")],
    *[("digitsMatch", word, PATTERNS) for word in (",", "1,,2", "1;2", "A", "1" * 25)],
    ("digitsMatch", ",".join(map(str, range(65))), "must have at most 64 patterns"),
    ("sendDigits", "1", "is not supported by this gateway: it is in Plivo's SDK, yet in no table of its documentation"),
    (
        "recordWhenAlone",
        "true",
        "is not supported by this gateway: it is in Plivo's SDK, yet in no table of its documentation",
    ),
    ("mute", "true", "is unknown"),
    ("Muted", "true", "is unknown"),
    ("xmlns", "http://example.com", "is unknown"),
]


@pytest.mark.parametrize(("attribute", "text", "reason"), BAD)
def test_bad_values_are_refused_with_line_name_value_and_reason(attribute: str, text: str, reason: str) -> None:
    """refused with line and reason"""
    given = text if len(text) <= 60 else text[:60] + "…"
    if not given.isprintable():
        given = ascii(given)[1:-1]
    assert refusal(f'{attribute}="{text}"') == f'{attribute}="{given}" {reason}'


@pytest.mark.parametrize(
    "name", ["a", "Room-1", "a.b_c-d", "0", "x" * 64, "\n   support-room-1\n ", "<![CDATA[room]]>"]
)
def test_the_name_is_trimmed(name: str) -> None:
    """white space around a document's name is trimmed"""
    (verb,) = xml.parse(f"<Response><Conference>{name}</Conference></Response>".encode()).verbs
    assert isinstance(verb, Conference)
    assert verb.room == name.removeprefix("<![CDATA[").removesuffix("]]>").strip()


@pytest.mark.parametrize("name", ["", "  ", "my room", ".a", "-a", "x" * 65, "é", "a/b", "a$", "a\n"[:1] + "\nb"])
def test_a_wrong_name_is_refused(name: str) -> None:
    assert refusal("", name).startswith("the name of a room needs 1 to 64 letters, digits, dots, dashes or underscores")


def test_what_the_document_names_for_the_whole_room_is_known() -> None:
    """What holds for the whole room (timeLimit, record format, transcription, waitSound) is set by the first
    document that names it"""
    assert conference('timeLimit="86400"').named == ("time_limit_s",)
    assert conference('waitSound="" recordFileFormat="mp3" muted="true"').named == ("record_format",)


def test_a_transcription_url_alone_asks_for_auto() -> None:
    verb = conference(f'transcriptionUrl="{URL}"')
    assert verb.transcription_type == "auto"
    assert verb.named == ("transcription_type", "transcription_url")


@pytest.mark.parametrize(
    ("kind", "setting"),
    [("hybrid", "GATEWAY_TRANSCRIPTION_HYBRID_URL"), ("manual", "GATEWAY_TRANSCRIPTION_MANUAL_URL")],
)
def test_a_transcription_without_provider_is_refused_with_the_setting(kind: str, setting: str) -> None:
    """`hybrid` and `manual` need a configured provider, else validation refuses them and says which setting"""
    body = f'<Response><Conference transcriptionType="{kind}">r</Conference></Response>'.encode()
    with pytest.raises(DocumentError, match=f'<Conference> transcriptionType="{kind}" needs a provider: set {setting}'):
        xml.parse(body)
    with pytest.raises(DocumentError, match="set GATEWAY_TRANSCRIPTION_URL, or pip install"):
        xml.parse(body.replace(kind.encode(), b"auto"), Capabilities(transcription_types=frozenset()))


def test_the_documents_of_the_contracts_are_read() -> None:
    """contracts/tryvox-conferences.txt, "Creating a Conference" """
    document = xml.parse(
        b"""<Response>
<Conference
muted="false"
startConferenceOnEnter="true"
endConferenceOnExit="false">
support-room-1
</Conference>
</Response>"""
    )
    assert document.verbs == (Conference("support-room-1"),)
