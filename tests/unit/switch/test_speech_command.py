"""The command that has the switch speak: its exact text, and what a text can do in it (nothing)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UnsafeArgument
from gateway.switch import commands as c
from gateway.switch.commands.operator import ModuleExists, SpeechScript
from gateway.switch.commands.speech import harmless

JOB = "673dab88-324f-48ed-810a-ed188f50f72a"
URL = "http://127.0.0.1:8080/media/speech/0f.1.aa.wav"
HOSTILE = 'it\'s "${system(touch owned)}"; | $${x} \\n größe\n\napi system touch owned'


def render(text: str = "Hi", module: str = "flite", voice: str = "slt", url: str = URL, limit_s: int = 20) -> str:
    return c.RenderSpeech(JOB, module, voice, text, url, limit_s, 30).text


def test_the_text_goes_as_hex_digits() -> None:
    assert render("Hi ü") == f"lua gateway_speech.lua {JOB} flite slt 16000 20 486920c3bc {URL}"
    assert render(module="unimrcp:nuance-1").split()[3] == "unimrcp:nuance-1"


def test_what_checks_a_switch_for_it() -> None:
    assert SpeechScript().text == "lua gateway_speech.lua"
    assert ModuleExists("unimrcp:nuance").text == "module_exists mod_unimrcp"


@given(st.text(min_size=1, max_size=300).filter(lambda text: text.isprintable()) | st.just(HOSTILE))
def test_no_text_can_leave_its_argument(text: str) -> None:
    words = render(text).split(" ")
    assert len(words) == 9 and words[8] == URL
    assert set(words[7]) <= set("0123456789abcdef")
    assert bytes.fromhex(words[7]).decode() == harmless(text)


@given(st.text(min_size=1, max_size=300))
def test_a_tts_module_gets_neither_markup_nor_endless_words(text: str) -> None:
    r"""The core reads a leading {…} as parameters of the module, some modules read <…> and \…; flite's stack overflows
    at long words, which ended a real switch."""
    spoken = harmless(text * 3)
    assert not set(spoken) & set("{}<>\\")
    assert max(map(len, spoken.split()), default=0) <= 30


def test_the_longest_text_fits() -> None:
    """call-audio.md: 3,000 characters at most, of four bytes each."""
    assert len(render("😀" * 3000)) < 26_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "x" * 12_401 + " "},
        {"module": ""},
        {"module": "flite slt"},
        {"module": "a:b:c"},
        {"voice": "slt;x"},
        {"voice": "${x}"},
        {"voice": ""},
        {"url": "file:///etc/passwd"},
        {"limit_s": 0},
    ],
)
def test_what_is_no_name_number_or_url_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UnsafeArgument):
        render(**wrong)  # type: ignore[arg-type]


def test_its_result_is_waited_for_as_long_as_it_may_take() -> None:
    assert c.RenderSpeech(JOB, "flite", "slt", "Hi", URL, 20, 30).result_limit_s == 50
    assert c.Ping().result_limit_s is None
