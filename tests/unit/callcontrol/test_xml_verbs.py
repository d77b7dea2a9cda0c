"""The XML verbs around `<Conference>`: defaults, every attribute, nesting, refusals."""

import pytest

from gateway.callcontrol import xml
from gateway.callcontrol.capabilities import Capabilities
from gateway.domain.verbs import (
    Dial,
    Document,
    Gather,
    Hangup,
    Play,
    PreAnswer,
    Record,
    Redirect,
    SendDigits,
    Speak,
    StartRecording,
    Target,
    Verb,
    Wait,
)
from gateway.errors import DocumentError

URL = "https://app.example.com/x"
ACTION = f'action="{URL}" method="GET" redirect="false"'


def only_verb(text: str) -> Verb:
    (verb,) = xml.parse(f"<Response>{text}</Response>".encode()).verbs
    return verb


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("<Speak>Hi</Speak>", Speak("Hi", voice="WOMAN", language="", loop=1)),
        ("<Speak>\n  Hi\n  there </Speak>", Speak("Hi there")),
        (
            '<Speak voice="Polly.Amy" language="en-GB" loop="0">Hi</Speak>',
            Speak("Hi", voice="Polly.Amy", language="en-GB", loop=0),
        ),
        ("<Speak>&lt;b&gt; &amp; <![CDATA[<x>]]></Speak>", Speak("<b> & <x>")),
        (f"<Play>\n{URL}.mp3\n</Play>", Play(URL + ".mp3", loop=1)),
        (f'<Play loop="0">{URL}</Play>', Play(URL, loop=0)),
        ("<Wait/>", Wait(length_s=1, silence=False, min_silence_ms=2000)),
        ('<Wait length="10" silence="true" minSilence="3000" beep="false"/>', Wait(10, True, 3000)),
        (
            "<GetDigits/>",
            Gather(
                prompts=(),
                max_digits=99,
                min_digits=1,
                timeout_s=5,
                digit_timeout_s=2,
                total_timeout_s=None,
                finish_on_key="#",
                valid_digits="1234567890*#",
                invalid_digits_sound="",
                tries=1,
                play_beep=False,
                log=True,
                action="",
                method="POST",
                redirect=True,
            ),
        ),
        (
            f'<GetDigits {ACTION} timeout="7" digitTimeout="3" finishOnKey="*" numDigits="4" retries="2"'
            f' playBeep="true" validDigits="12" invalidDigitsSound="{URL}" log="false">'
            f"<Speak>One</Speak><Play>{URL}</Play><Wait/></GetDigits>",
            Gather(
                prompts=(Speak("One"), Play(URL), Wait()),
                max_digits=4,
                timeout_s=7,
                digit_timeout_s=3,
                finish_on_key="*",
                valid_digits="12",
                invalid_digits_sound=URL,
                tries=2,
                play_beep=True,
                log=False,
                action=URL,
                method="GET",
                redirect=False,
            ),
        ),
        ('<GetDigits finishOnKey="none"/>', Gather(finish_on_key="")),
        ('<GetDigits finishOnKey=""/>', Gather(finish_on_key="")),
        (
            f'<GetInput action="{URL}"/>',
            Gather(action=URL, max_digits=32, timeout_s=15, total_timeout_s=15, digit_timeout_s=2),
        ),
        (
            f'<GetInput {ACTION} inputType="dtmf" executionTimeout="60" startInputTimeout="4" digitEndTimeout="10"'
            ' finishOnKey="0" numDigits="1" retries="3" log="false" language="en-US" speechEndTimeout="auto"'
            ' speechModel="default" hints="a,b" profanityFilter="true"'
            f' interimSpeechResultsCallback="{URL}" interimSpeechResultsCallbackMethod="GET">'
            "<Speak>Hi</Speak></GetInput>",
            Gather(
                prompts=(Speak("Hi"),),
                action=URL,
                method="GET",
                redirect=False,
                max_digits=1,
                timeout_s=4,
                total_timeout_s=60,
                digit_timeout_s=10,
                finish_on_key="0",
                tries=3,
                log=False,
            ),
        ),
        (f'<GetInput action="{URL}" digitEndTimeout="auto"/>', Gather((), 32, 1, 15, 2, 15, action=URL)),
        (
            "<Record/>",
            Record(
                action="",
                method="POST",
                redirect=True,
                file_format="mp3",
                timeout_s=15,
                max_length_s=60,
                play_beep=True,
                finish_on_keys="#",
                callback_url="",
                callback_method="POST",
                transcription_type="",
                transcription_url="",
                transcription_method="POST",
            ),
        ),
        (
            f'<Record {ACTION} fileFormat="wav" timeout="3" maxLength="120" playBeep="false" finishOnKey="1234567890*#"'
            f' recordSession="false" startOnDialAnswer="false" recordChannelType="mono" transcriptionType="auto"'
            f' transcriptionUrl="{URL}" transcriptionMethod="GET" callbackUrl="{URL}" callbackMethod="GET"/>',
            Record(URL, "GET", False, "wav", 3, 120, False, "1234567890*#", URL, "GET", "auto", URL, "GET"),
        ),
        (
            f'<Record recordSession="true" maxLength="3600" timeout="9" playBeep="true" callbackUrl="{URL}"/>',
            StartRecording(max_length_s=3600, callback_url=URL),
        ),
        ('<Record finishOnKey="none"/>', Record(finish_on_keys="")),
        ('<Record recordSession="true"/>', StartRecording(max_length_s=None)),
        (
            "<Dial><Number>+14155551234</Number></Dial>",
            Dial(
                targets=(Target("number", "+14155551234"),),
                timeout_s=120,
                time_limit_s=14400,
                caller_id="",
                action="",
                method="POST",
                redirect=True,
                final=False,
            ),
        ),
        (
            f'<Dial {ACTION} timeout="20" timeLimit="60" callerId="+15551230001" hangupOnStar="false" callType="voice">'
            "<Number> 2000 </Number><User>sip:alice@phone.example.com:5070</User></Dial>",
            Dial(
                (Target("number", "2000"), Target("sip", "sip:alice@phone.example.com:5070")),
                20,
                60,
                "+15551230001",
                URL,
                "GET",
                False,
            ),
        ),
        (f"<Redirect> {URL} </Redirect>", Redirect(URL, method="POST")),
        (f'<Redirect method="GET">{URL}</Redirect>', Redirect(URL, method="GET")),
        ("<Hangup/>", Hangup(reason="", schedule_s=None)),
        ('<Hangup reason="rejected"/>', Hangup(reason="rejected")),
        ('<Hangup reason="busy" schedule="60"/>', Hangup("busy", 60)),
        ("<PreAnswer/>", PreAnswer()),
        ("<PreAnswer><Speak>Hi</Speak><Wait/></PreAnswer>", PreAnswer((Speak("Hi"), Wait()))),
        ("<DTMF>1w2W*#</DTMF>", SendDigits("1w2W*#", background=True)),
        ('<DTMF async="false">1</DTMF>', SendDigits("1", background=False)),
    ],
)
def test_verbs(text: str, verb: Verb) -> None:
    assert only_verb(text) == verb


def test_verbs_keep_their_order_and_an_empty_response_has_none() -> None:
    body = b"<Response><!-- first --><Speak>a</Speak><Hangup/><?app x?><Speak>b</Speak></Response>"
    assert xml.parse(body).verbs == (Speak("a"), Hangup(), Speak("b"))
    assert xml.parse(b"<Response/>") == xml.parse(b'<?xml version="1.0"?>\n<Response> \n</Response>\n') == Document()


def test_voices_are_asked_for() -> None:
    able = Capabilities(voice_fault=lambda voice, language: None if voice == "MAN" else f"has no voice {voice}")
    body = b'<Response><GetDigits><Speak voice="MAN">Hi</Speak><Speak>Ho</Speak></GetDigits></Response>'
    with pytest.raises(DocumentError, match="line 1, column 51: <Speak> has no voice WOMAN"):
        xml.parse(body, able)


class TestSounds:
    """enterSound / exitSound (… a URL that returns XML of Play, Speak, Wait)"""

    def test_play_speak_wait(self) -> None:
        body = f"<Response><Play>{URL}</Play><Speak>Hi</Speak><Wait length='2'/></Response>".encode()
        assert xml.parse_sound(body) == (Play(URL), Speak("Hi"), Wait(2))
        assert xml.parse_sound(b"<Response/>") == ()

    @pytest.mark.parametrize("name", ["Conference", "Hangup", "GetDigits", "Stream", "play", "x"])
    def test_nothing_else(self, name: str) -> None:
        with pytest.raises(DocumentError, match=f"<{name}> is not allowed in a sound, only Play, Speak, Wait"):
            xml.parse_sound(f"<Response><{name}>r</{name}></Response>".encode())
