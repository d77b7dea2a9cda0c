"""Which engine speaks: names, languages, what falls back and what is refused."""

import shutil
from pathlib import Path

import pytest

from gateway.config import VoiceSettings, load
from gateway.errors import ConfigError, InvalidInput
from gateway.media.openai import OpenAISpeech
from gateway.media.slots import Slots
from gateway.media.speech import find_engines, speech_state
from gateway.media.speech_engines import PROGRAMS, CommandEngine, Template
from gateway.media.voices import Engines, Voices
from tests.unit.media.origin import refused

SLOTS = Slots(1, 1.0)


def command(name: str) -> CommandEngine:
    return CommandEngine(name, Template(PROGRAMS[name]), f"/usr/bin/{name}", SLOTS, 1.0)


ESPEAK, FLITE, PICO = command("espeak-ng"), command("flite"), command("pico2wave")
OPENAI = OpenAISpeech("http://127.0.0.1:1", "", "tts-1", SLOTS, 1.0)


def engines(*ready: CommandEngine | OpenAISpeech, wanted: str = "auto") -> Engines:
    return Engines({engine.name: engine for engine in ready}, {"flite": "flite is not on PATH"}, wanted)


@pytest.mark.parametrize(
    ("voice", "language", "spoken_by"),
    [
        ("", "", "en-us"),
        ("en-US-Standard-A", "", "en-us"),
        ("en-US-Neural-Jenny", "en-US", "en-us+f3"),
        ("WOMAN", "", "en-us+f3"),
        ("woman", "en-GB", "en-gb+f3"),
        ("MAN", "de-DE", "de"),
        ("MAN", "pt-BR", "pt-br"),
        ("MAN", "pt-PT", "pt"),
        ("MAN", "es-MX", "es-419"),
        ("MAN", "fr-CA", "fr-fr"),
        ("MAN", "cmn-CN", "cmn"),
        ("MAN", "zh-CN", "cmn"),
        ("MAN", "en-GB-WLS", "en-us"),
        ("WOMAN", "arb", "ar+f3"),
        ("MAN", "nb-NO", "nb"),
    ],
)
def test_names_and_languages_of_the_contracts_have_a_voice(voice: str, language: str, spoken_by: str) -> None:
    chosen = Voices().choose(voice, language, engines(ESPEAK))
    assert (chosen.engine, chosen.voice, chosen.language) == (ESPEAK, spoken_by, language or "en-US")


def test_every_voice_that_espeak_is_given_is_one_it_has(tmp_path: Path) -> None:
    found = shutil.which("espeak-ng")
    if found is None:
        pytest.skip("espeak-ng is not installed")
    engine = CommandEngine("espeak-ng", Template(PROGRAMS["espeak-ng"]), found, SLOTS, 20.0)
    for language in ("en-US", "en-GB", "es-MX", "fr-CA", "fr-BE", "pt-BR", "no", "zh", "zh-HK", "arb", "de", "ru-RU"):
        voice = engine.voice_for(language, "woman")
        assert voice
        engine.render("1", voice, language, tmp_path / f"{language}.wav")


def test_an_unknown_voice_is_refused_with_the_known_ones() -> None:
    own = VoiceSettings("amy", engine="openai", voice="nova")
    with pytest.raises(InvalidInput) as caught:
        Voices([own]).choose("Bob", "", engines(ESPEAK))
    assert caught.value.detail["known"] == ["MAN", "WOMAN", "amy", "en-US-Neural-Jenny", "en-US-Standard-A"]
    assert "voice" in caught.value.detail["fields"]


@pytest.mark.parametrize("language", ["english", "e", "en_US", "-w x", "en-US; id", "en\n", "tlh-KL"])
def test_an_unknown_language_is_refused(language: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Voices().choose("", language, engines(ESPEAK))
    assert "language" in caught.value.detail["fields"]


def test_where_the_first_engine_lacks_the_language_another_speaks_it() -> None:
    assert Voices().choose("MAN", "it-IT", engines(FLITE, PICO, ESPEAK)).engine is PICO
    assert Voices().choose("MAN", "en-GB", engines(FLITE, PICO, ESPEAK)).voice == "rms"
    with pytest.raises(InvalidInput, match="no speech engine here speaks it-IT"):
        Voices().choose("MAN", "it-IT", engines(FLITE, ESPEAK, wanted="flite"))


def test_a_row_of_the_settings_names_engine_voice_and_language() -> None:
    row = VoiceSettings("Jenny", engine="flite", voice="slt", language="en-US")
    chosen = Voices([row]).choose("jenny", "", engines(ESPEAK, FLITE))
    assert (chosen.engine, chosen.voice, chosen.language) == (FLITE, "slt", "en-US")


def test_a_named_voice_is_not_made_to_speak_another_language_unless_it_can() -> None:
    english = VoiceSettings("Ann", engine="espeak-ng", voice="en-us+f5", language="en-US")
    polyglot = VoiceSettings("Nova", engine="openai", voice="alloy", language="en-US")
    voices = Voices([english, polyglot])
    assert voices.choose("Ann", "fr-FR", engines(ESPEAK)).voice == "fr-fr+f3"
    assert voices.choose("Ann", "en-GB", engines(ESPEAK)).voice == "en-us+f5"
    assert voices.choose("Nova", "fr-FR", engines(OPENAI)).voice == "alloy"


def test_a_built_in_name_can_be_replaced() -> None:
    row = VoiceSettings("WOMAN", engine="openai", voice="shimmer")
    assert Voices([row]).choose("woman", "sv-SE", engines(ESPEAK, OPENAI)).voice == "shimmer"


def test_an_engine_that_is_not_there_is_said_by_name() -> None:
    with refused("speech-unavailable") as errors:
        Voices([VoiceSettings("Ann", engine="flite")]).choose("Ann", "", engines(ESPEAK))
    assert "flite is not on PATH" in errors[0].message


def test_auto_takes_what_is_configured_then_what_is_on_the_machine() -> None:
    found = find_engines(load({}), lambda name: f"/usr/bin/{name}" if name in ("flite", "pico2wave") else None)
    assert [engine.name for engine in found.defaults] == ["flite", "pico2wave"]
    more = {"GATEWAY_SPEECH_COMMAND": "piper -m {voice} -f {file}", "GATEWAY_SPEECH_URL": "http://127.0.0.1:1"}
    found = find_engines(load(more), lambda name: f"/usr/bin/{name}")
    assert [engine.name for engine in found.defaults] == ["openai", "command", "espeak-ng", "flite", "pico2wave"]


def test_a_machine_without_any_engine_says_what_it_looked_for() -> None:
    found = find_engines(load({}), lambda _name: None)
    with refused("speech-unavailable") as errors:
        Voices().choose("", "", found)
    for word in ("GATEWAY_SPEECH_URL is not set", "espeak-ng is not on PATH", "flite is not on PATH"):
        assert word in errors[0].message
    state = speech_state(load({}), lambda _name: None)
    assert (state.engine, state.ready) == ("", ())
    assert "espeak-ng is not on PATH" in state.problems[0]


def test_the_state_names_rows_whose_engine_is_missing() -> None:
    settings = load({"GATEWAY_VOICES": '{"Ann": {"engine": "flite"}}'})
    state = speech_state(settings, lambda name: "/usr/bin/espeak-ng" if name == "espeak-ng" else None)
    assert (state.engine, state.ready) == ("espeak-ng", ("espeak-ng",))
    assert state.problems == ("voice Ann: flite: flite is not on PATH",)


def test_an_engine_that_was_asked_for_is_not_silently_replaced() -> None:
    settings = load({"GATEWAY_SPEECH_ENGINE": "flite"})
    state = speech_state(settings, lambda name: "/usr/bin/espeak-ng" if name == "espeak-ng" else None)
    assert (state.engine, state.problems) == ("", ("flite: flite is not on PATH",))


def test_voices_may_be_a_table_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[voices."Ann"]\nengine = "flite"\nvoice = "slt"\nlanguage = "en-US"\n')
    assert load({"GATEWAY_CONFIG": str(file)}).voice_list == [VoiceSettings("Ann", "flite", "slt", "en-US")]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("VOICES", "{", "not JSON"),
        ("VOICES", "[]", "expected"),
        ("VOICES", '{"a b": {}}', "cannot be the name"),
        ("VOICES", '{"a": {"speed": "1"}}', "expected texts for engine, gender, language, voice"),
        ("VOICES", '{"a": {"voice": 1}}', "expected texts"),
        ("VOICES", '{"a": {"engine": "festival"}}', "engine must be one of"),
        ("VOICES", '{"a": {"voice": "-x"}}', "must not begin with a dash"),
        ("VOICES", '{"a": {"gender": "robot"}}', "gender must be"),
        ("SPEECH_SWITCH_MODULE", "tts_commandline", "and not tts_commandline"),
        ("SPEECH_SWITCH_MODULE", "flite slt", "expected a TTS module"),
        ("VOICES", '{"a": {"engine": "switch", "voice": "a;b"}}', "letters, digits"),
        ("SPEECH_ENGINE", "openai", "needs GATEWAY_SPEECH_URL"),
        ("SPEECH_ENGINE", "command", "needs GATEWAY_SPEECH_COMMAND"),
        ("SPEECH_URL", "ftp://x", "expected http"),
        ("SPEECH_URL", "http://[", "expected http"),
        ("SPEECH_TIMEOUT_S", "0", "above 0"),
        ("SPEECH_PARALLEL", "-1", "below 0"),
        ("TRANSCRIPTION", "whisper", "expected one of"),
        ("TRANSCRIPTION", "openai", "needs GATEWAY_TRANSCRIPTION_URL"),
        ("TRANSCRIPTION_MANUAL_URL", "x", "expected http"),
    ],
)
def test_wrong_settings_stop_the_start(key: str, value: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        load({f"GATEWAY_{key}": value})


def test_keys_are_not_printed_with_the_settings() -> None:
    settings = load({"GATEWAY_SPEECH_KEY": "sk-secret", "GATEWAY_TRANSCRIPTION_KEY": "sk-secret"})
    assert settings.speech_key == "sk-secret"
    assert "sk-secret" not in repr(settings)
