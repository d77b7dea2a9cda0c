"""Documents as an app makes them: by Plivo's own SDK. In: a room and attributes as in XML. Out: the text."""

import re
from typing import Any

from plivo import plivoxml

_CAPITALS = re.compile(r"(?<=[a-z])([A-Z]+)")


def conference(room: str, after: str = "", **attributes: Any) -> str:
    """`after` is what follows <Conference> in the document."""
    named = {_CAPITALS.sub(r"_\1", name).lower(): value for name, value in attributes.items()}
    response = plivoxml.ResponseElement()
    response.add(plivoxml.ConferenceElement(room, **named))
    text: str = response.to_string()
    return text.replace("</Response>", f"{after}</Response>")
