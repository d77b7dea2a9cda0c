"""Single values of a document. In: the text of an attribute. Out: its value; ValueError with a sentence's end if wrong.

XML has nothing but text; json_values.py puts JSON's types in front of the same checks.
"""

import re
from collections.abc import Callable
from typing import Final

from gateway.domain.ids import DOCUMENT_ROOM_NAME
from gateway.domain.urls import url_fault
from gateway.domain.verbs import BEEP_ONCE, BEEP_TWICE, Target
from gateway.media.speech import MAX_TEXT_CHARS as MAX_SPOKEN_CHARS

MAX_TEXT_CHARS: Final = 8192
MAX_SECONDS: Final = 86_400
MAX_TONES: Final = 99  # the switch ignores what is longer
MAX_DIGIT_PATTERNS: Final = 64
MAX_WHOLE: Final = 2**31 - 1
# GetInput's "auto": as long as GetDigits waits between keys.
AUTO_DIGIT_TIMEOUT_S: Final = 2

_WHOLE = re.compile(r"[0-9]{1,10}")
_KEY = re.compile(r"[0-9*#]")
_KEYS = re.compile(r"[0-9*#]{1,12}")
_PATTERN = re.compile(r"[0-9*#]{1,24}")
_TONES = re.compile(r"[0-9*#wW]+")
_MORE_TONES = re.compile(r"[0-9*#A-DwW,]+")
_NUMBER = re.compile(r"\+?[0-9]{1,32}")
_SIP_URI = re.compile(r"sips?:[A-Za-z0-9._~+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})(?::[0-9]{1,5})?")
_VOICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


def boolean(text: str) -> bool:
    """Lower case only: every SDK of Plivo's writes it so, and its documentation allows nothing else."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text) if _WHOLE.fullmatch(text) else None
        if number is None or not least <= number <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return number

    return parse


def one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("must be " + " or ".join(word or '""' for word in allowed))
        return text

    return parse


def only(supported: str, reason: str) -> Callable[[str], str]:
    """An attribute of which this gateway does one value; the others are refused for `reason`."""

    def parse(text: str) -> str:
        if text != supported:
            raise ValueError(f"can only be {supported}: {reason}")
        return text

    return parse


def seconds_or_auto(least: int, most: int) -> Callable[[str], int]:
    number = whole(least, most)

    def parse(text: str) -> int:
        if text == "auto":
            return AUTO_DIGIT_TIMEOUT_S
        try:
            return number(text)
        except ValueError as fault:
            raise ValueError(f"{fault} or auto") from None

    return parse


def url(text: str) -> str:
    if not text:
        raise ValueError("needs a URL")
    if fault := url_fault(text):
        raise ValueError(fault)
    return text


def optional_url(text: str) -> str:
    """Empty means none, as templates leave it."""
    return url(text) if text else ""


def content_url(text: str) -> str:
    """An element's text: the lines around the URL are the document's layout."""
    return url(text.strip())


def sound(text: str) -> str:
    if text in ("", BEEP_ONCE, BEEP_TWICE):
        return text
    if fault := url_fault(text):
        raise ValueError(f"must be {BEEP_ONCE}, {BEEP_TWICE} or a URL, and a URL {fault}")
    return text


def room_name(text: str) -> str:
    return _matched(
        DOCUMENT_ROOM_NAME,
        text.strip(),
        "the name of a room needs 1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first",
    )


def spoken(text: str) -> str:
    """One line: speech has no line breaks, and a rendered file's name is made from this text."""
    line = " ".join(text.split()) if len(text) <= MAX_TEXT_CHARS else text  # a mebibyte of words takes its time
    if not line:
        raise ValueError("needs text to speak")
    if len(line) > MAX_SPOKEN_CHARS:
        raise ValueError(f"must have at most {MAX_SPOKEN_CHARS} characters")
    if any(ord(char) < 32 or 127 <= ord(char) < 160 or 0xD800 <= ord(char) < 0xE000 for char in line):
        raise ValueError("must not contain control characters")
    return line


def plain(text: str) -> str:
    """What is checked no further, since it has no effect here."""
    return text


def voice(text: str) -> str:
    return _matched(_VOICE, text, "must be the name of a voice")


def language(text: str) -> str:
    return _matched(_LANGUAGE, text, "must be a language such as en-US")


def finish_key(text: str) -> str:
    if text in ("", "none"):
        return ""
    return _matched(_KEY, text, "must be one of 0-9 * #, or none")


def finish_keys(text: str) -> str:
    if text in ("", "none"):
        return ""
    return _matched(_KEYS, text, "must be keys of 0-9 * #, or none")


def keys(text: str) -> str:
    return _matched(_KEYS, text, "must be 1 to 12 keys of 0-9 * #")


def digits_match(text: str) -> tuple[str, ...]:
    """A comma list; white space around a pattern and repeated patterns are let pass."""
    if not text.strip():
        return ()
    # A mebibyte of the same pattern takes its time, too.
    few = len(text) <= MAX_TEXT_CHARS
    patterns = tuple(dict.fromkeys(part.strip() for part in text.split(","))) if few else ()
    if not few or len(patterns) > MAX_DIGIT_PATTERNS:
        raise ValueError(f"must have at most {MAX_DIGIT_PATTERNS} patterns")
    for pattern in patterns:
        _matched(_PATTERN, pattern, "must be patterns of 1 to 24 keys 0-9 * #, separated by commas")
    return patterns


def tones(text: str) -> str:
    _matched(_TONES, text.strip(), "must be keys of 0-9 * #, w or W")
    return _not_longer(text.strip())


def more_tones(text: str) -> str:
    """MiniVoice's: A to D too, and the comma, which pauses for a second."""
    _matched(_MORE_TONES, text, "must be keys of 0-9 * # A-D, w, W or comma")
    return _not_longer(text.replace(",", "W"))


def number(text: str) -> str:
    return _matched(_NUMBER, text.strip(), "must be a phone number: digits, with or without a leading +")


def caller_id(text: str) -> str:
    return number(text) if text else ""


def sip_uri(text: str) -> str:
    return _matched(_SIP_URI, text.strip(), "must be a SIP URI sip:user@host without parameters")


def target(text: str) -> Target:
    if text.startswith(("sip:", "sips:")):
        return Target("sip", sip_uri(text))
    return Target("number", number(text))


def _not_longer(text: str) -> str:
    if len(text) > MAX_TONES:
        raise ValueError(f"must have at most {MAX_TONES} keys")
    return text


def _matched(pattern: re.Pattern[str], text: str, fault: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(fault)
    return text
