"""Guards of command text: a value comes in, the exact word for the switch or UnsafeArgument comes out.

Two newlines end an ESL command, `${…}` is expanded by the switch (functions too), quotes and backslashes
re-cut arguments: none of them may ever come from a value.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

from gateway.domain.causes import HANGUP_CAUSES
from gateway.domain.ids import CHANNEL_UUID, ROOM_ID
from gateway.errors import UnsafeArgument

# What `quote` leaves alone in a URL: everything printable but $ \ ' { } | space, quotes and angle brackets.
_URL_SAFE = "%:/?#[]@!&()*+,;=-._~"
_URL = re.compile(r"(?:http_cache://)?https?://[^/?#]+(?:[/?#].*)?", re.IGNORECASE)
_BREAKOUT = re.compile(r"[\r\n\0\ud800-\udfff]|\$\{")  # `$${` holds `${`; surrogates cannot be encoded
_WORD = re.compile(r"[A-Za-z0-9_.:@+=-]+")
# Our own streams only: shell_stream:// and its like run programs, say: speaks.
_STREAM = re.compile(r"(?:tone|silence|local)_stream://[A-Za-z0-9_./:%()=,;~@#+-]+")
_ROW = "file_string://"
_PATH = re.compile(r"/[^\x00-\x1f\x7f'\"\\${}|]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
_DIALLED = re.compile(r"[A-Za-z0-9+._-]{1,64}")
_ROUTE = re.compile(r"[A-Za-z0-9/_.:@%;=?+-]{1,256}")
_TTS_MODULE = re.compile(r"[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_-]{1,64})?")
_TTS_VOICE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIGITS = re.compile(r"[0-9*#A-DwW]{1,99}")


def one_line(text: str) -> str:
    """The last guard, over a whole command text: nothing that ends, splits or expands a command."""
    if _BREAKOUT.search(text):
        raise UnsafeArgument("a command may not hold a line break, NUL or ${")
    return text


def room(room_id: str) -> str:
    return _matched(ROOM_ID, room_id, "room id")


def channel(channel_uuid: str) -> str:
    return _matched(CHANNEL_UUID, channel_uuid, "channel uuid")


def cause(name: str) -> str:
    if name not in HANGUP_CAUSES:
        raise UnsafeArgument(f"unknown hangup cause {name!r}")
    return name


def dialled(name: str) -> str:
    """A number or a phone's name, as it goes into a dial string."""
    return _matched(_DIALLED, name, "number")


def route(text: str) -> str:
    """One dial string: neither variables nor alternatives, which `{`, `[`, `<`, `,` and `|` would begin."""
    return _matched(_ROUTE, text, "dial string")


def digits(keys: str) -> str:
    return _matched(_DIGITS, keys, "digits")


def whole(number: int, least: int, most: int) -> str:
    """An integer as text; True and 1.0 are no integers here."""
    if type(number) is not int or not least <= number <= most:
        raise UnsafeArgument(f"expected a whole number from {least} to {most}, got {number!r}")
    return str(number)


def word(text: str) -> str:
    """One of our own words: an operation id, a caller-control group, a profile."""
    return _matched(_WORD, text, "word")


def one_of(text: str, allowed: Iterable[str], what: str) -> str:
    if text not in allowed:
        raise UnsafeArgument(f"unknown {what} {text!r}")
    return text


def tts_module(name: str) -> str:
    """A TTS module's name, with a profile of its own behind a colon (unimrcp:PROFILE)."""
    return _matched(_TTS_MODULE, name, "TTS module")


def tts_voice(name: str) -> str:
    return _matched(_TTS_VOICE, name, "voice")


def hexadecimal(text: str, max_bytes: int) -> str:
    """A text as hex digits of its UTF-8: nothing in it can be read as anything else."""
    content = text.encode(errors="surrogatepass")
    if not 0 < len(content) <= max_bytes:
        raise UnsafeArgument(f"expected a text of 1 to {max_bytes} bytes, got {len(content)}")
    return content.hex()


def variable(name: str) -> str:
    return _matched(_VARIABLE, name, "channel variable")


def member(target: int | str) -> str:
    """A Member-ID, or `all` or `non_moderator`."""
    if isinstance(target, str):
        return one_of(target, ("all", "non_moderator"), "member")
    return whole(target, 1, 2**32 - 1)


def url(text: str) -> str:
    """An http(s) URL, percent-encoded where it could leave its argument; `%` stays, it is encoded already."""
    one_line(text)
    if not _URL.fullmatch(text):
        raise UnsafeArgument(f"expected an http or https URL, got {text[:100]!r}")
    return quote(text, safe=_URL_SAFE)


def sound(text: str) -> str:
    """What the switch shall play: an http(s) URL, a path, a stream of ours (tone_stream://…), or several, in a row."""
    if text.startswith(_ROW):
        return _ROW + "!".join(sound(part) for part in text.removeprefix(_ROW).split("!"))
    if _URL.fullmatch(text):
        return url(text)
    return path(text) if text.startswith("/") else _matched(_STREAM, text, "sound")


def path(text: str) -> str:
    """An absolute path, as gateway and switch both see it."""
    if "/../" in text + "/":
        raise UnsafeArgument(f"a path may not go up: {text[:200]!r}")
    return quoted(_matched(_PATH, text, "path"))


def value(text: str) -> str:
    """A value inside an inline dialplan or a variable list: neither may its separators or quotes appear."""
    encoded = text
    if _URL.fullmatch(one_line(text)):
        encoded = url(text).replace(",", "%2C").replace(";", "%3B")
    if re.search(r"[,;'\"\\${}]|[\x00-\x1f\x7f]", encoded):
        raise UnsafeArgument(f"not allowed in a variable: {text[:100]!r}")
    return encoded


def quoted(text: str) -> str:
    """The switch cuts arguments at spaces unless quoted; quotes and backslashes were refused before."""
    return f"'{text}'" if " " in text else text


def _matched(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise UnsafeArgument(f"not a {what}: {str(text)[:100]!r}")
    return text
