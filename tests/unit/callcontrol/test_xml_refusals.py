"""What XML verbs refuse: wrong values, wrong nesting, stray text, and what Plivo has and this gateway does not do."""

import pytest

from gateway.callcontrol import xml
from gateway.errors import DocumentError

URL = "https://app.example.com/x"


def refusal(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        xml.parse(f"<Response>{text}</Response>".encode())
    assert caught.value.line == 1
    return caught.value.message.partition(": ")[2]


KEYS = "must be one of 0-9 * #, or none"
DAY = "must be a whole number from 1 to 86400"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<Speak/>", "<Speak> needs text to speak"),
        ("<Speak> </Speak>", "<Speak> needs text to speak"),
        ('<Speak voice="a b">Hi</Speak>', '<Speak> voice="a b" must be the name of a voice'),
        ('<Speak language="english">Hi</Speak>', '<Speak> language="english" must be a language such as en-US'),
        ('<Speak loop="-1">Hi</Speak>', '<Speak> loop="-1" must be a whole number from 0 to 10000'),
        ("<Speak>Hi <break/></Speak>", "<break> is not allowed in <Speak>, nothing but text"),
        ("<Speak>Hi\x7f</Speak>", "<Speak> must not contain control characters"),
        ("<Play/>", "<Play> needs a URL"),
        ("<Play>song.mp3</Play>", "<Play> must begin with http:// or https://"),
        ("<Play>https://a/b https://a/c</Play>", "<Play> must not contain spaces, backslashes or control characters"),
        ('<Wait length="0"/>', f'<Wait> length="0" {DAY}'),
        ('<Wait beep="true"/>', '<Wait> beep="true" can only be false: the beep of a voicemail is not detected'),
        ("<Wait>5</Wait>", '<Wait> holds stray text "5"'),
        ("<Wait><Speak>x</Speak></Wait>", "<Speak> is not allowed in <Wait>, nothing"),
        ('<GetDigits finishOnKey="12"/>', f'<GetDigits> finishOnKey="12" {KEYS}'),
        ('<GetDigits numDigits="0"/>', '<GetDigits> numDigits="0" must be a whole number from 1 to 999'),
        ('<GetDigits validDigits=""/>', '<GetDigits> validDigits="" must be 1 to 12 keys of 0-9 * #'),
        ("<GetDigits>Press 1</GetDigits>", '<GetDigits> holds stray text "Press 1"'),
        (
            "<GetDigits><Conference>r</Conference></GetDigits>",
            "<Conference> is not allowed in <GetDigits>, only Play, Speak, Wait",
        ),
        ("<GetInput/>", "<GetInput> action is required"),
        ('<GetInput action=""/>', '<GetInput> action="" needs a URL'),
        (
            f'<GetInput action="{URL}" inputType="dtmf speech"/>',
            '<GetInput> inputType="dtmf speech" can only be dtmf: speech is not recognised',
        ),
        (
            f'<GetInput action="{URL}" executionTimeout="4"/>',
            '<GetInput> executionTimeout="4" must be a whole number from 5 to 60',
        ),
        (
            f'<GetInput action="{URL}" digitEndTimeout="1"/>',
            '<GetInput> digitEndTimeout="1" must be a whole number from 2 to 10 or auto',
        ),
        (
            '<Record startOnDialAnswer="true"/>',
            '<Record> startOnDialAnswer="true" can only be false: a recording starts when its verb runs',
        ),
        (
            '<Record recordChannelType="stereo"/>',
            '<Record> recordChannelType="stereo" can only be mono: both parties are recorded on one channel',
        ),
        (
            '<Record transcriptionType="hybrid"/>',
            '<Record> transcriptionType="hybrid" needs a provider: set GATEWAY_TRANSCRIPTION_HYBRID_URL',
        ),
        (
            '<Record recordSession="true" transcriptionType="manual"/>',
            '<Record> transcriptionType="manual" needs a provider: set GATEWAY_TRANSCRIPTION_MANUAL_URL',
        ),
        ("<Dial/>", "<Dial> needs at least one <Number> or <User>"),
        ("<Dial>+1415</Dial>", '<Dial> holds stray text "+1415"'),
        (
            "<Dial><Conference>r</Conference></Dial>",
            "<Conference> is not allowed in <Dial>, only Number, User",
        ),
        (
            "<Dial><Number/></Dial>",
            "<Number> must be a phone number: digits, with or without a leading +",
        ),
        (
            '<Dial><Number sendDigits="1">1</Number></Dial>',
            '<Number> sendDigits="1" is not supported by this gateway: no keys are sent to a dialled phone',
        ),
        (
            "<Dial><User>sip:a@b;transport=tcp</User></Dial>",
            "<User> must be a SIP URI sip:user@host without parameters",
        ),
        (
            '<Dial confirmKey="1"><Number>1</Number></Dial>',
            '<Dial> confirmKey="1" is not supported by this gateway: a dialled call is connected as soon as it is'
            " answered",
        ),
        ('<Hangup reason="later"/>', '<Hangup> reason="later" must be rejected or busy'),
        ('<Hangup schedule="0"/>', f'<Hangup> schedule="0" {DAY}'),
        (
            "<PreAnswer><GetDigits/></PreAnswer>",
            "<GetDigits> is not allowed in <PreAnswer>, only Play, Speak, Wait",
        ),
        ("<DTMF>1 2</DTMF>", "<DTMF> must be keys of 0-9 * #, w or W"),
        ("<DTMF/>", "<DTMF> must be keys of 0-9 * #, w or W"),
        (f"<DTMF>{'1' * 100}</DTMF>", "<DTMF> must have at most 99 keys"),
        ("<Redirect/>", "<Redirect> needs a URL"),
        ("<Stream/>", "<Stream> is not supported by this gateway"),
        ("<MultiPartyCall/>", "<MultiPartyCall> is not supported by this gateway"),
        ("<Message/>", "<Message> is not supported by this gateway"),
        ("<conference>r</conference>", "<conference> is unknown; names are case-sensitive: <Conference>"),
        (
            "<Say>Hi</Say>",
            "<Say> is unknown; verbs are Conference, DTMF, Dial, GetDigits, GetInput, Hangup, Play, PreAnswer, Record,"
            " Redirect, Speak, Wait",
        ),
        ("<Number>1</Number>", "<Number> is unknown; verbs are Conference, DTMF, Dial, GetDigits, GetInput, Hangup,"
         " Play, PreAnswer, Record, Redirect, Speak, Wait"),
        ("hello", '<Response> holds stray text "hello"'),
        ("<Wait/> and <Wait/>", '<Response> holds stray text "and"'),
    ],
)  # fmt: skip
def test_refusals(text: str, reason: str) -> None:
    """refused with line and reason; refused by name at validation, never skipped"""
    assert refusal(text) == reason
