"""Which kind of document an answer is: told by its first character, its Content-Type is a hint only."""

from typing import Literal

from gateway.callcontrol.rules import shown
from gateway.callcontrol.text import decoded
from gateway.errors import DocumentError

Kind = Literal["xml", "json"]


def sniff(body: bytes, content_type: str = "") -> Kind:
    text = decoded(body).lstrip(" \t\r\n\ufeff")
    if text.startswith("<"):
        return "xml"
    if text.startswith(("{", "[")):
        return "json"
    # Neither will parse: the hint picks the parser whose message, with its place, helps the sender most.
    hint = content_type.partition(";")[0].strip().lower()
    if text and (hint.endswith(("/json", "+json"))):
        return "json"
    if text and hint.endswith(("/xml", "+xml")):
        return "xml"
    raise DocumentError(f'the answer is neither XML nor JSON: "{shown(text)}"' if text else "the answer is empty")
