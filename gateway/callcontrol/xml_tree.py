"""XML text as a small tree whose elements know their place. Refused: DTDs, entities, what is too much or too deep."""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from gateway.callcontrol.attribute_checks import MAX_TEXT_CHARS
from gateway.callcontrol.rules import shown
from gateway.errors import DocumentError

MAX_ELEMENTS: Final = 500
MAX_DEPTH: Final = 16
# Far more than any document has: what each of them costs, a mebibyte of them would stop all calls for.
MAX_MARKS: Final = 20_000
_MARKS: Final = (("<", "tags"), ("&", "references"), ("\n", "lines"), ("\r", "lines"), ('"', "quotes"), ("'", "quotes"))

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass
class Element:
    """`text` is all of its own text; `text_at` the place of the first that is no white space."""

    name: str
    attributes: dict[str, str]
    at: tuple[int, int]
    text: str = ""
    text_at: tuple[int, int] = (0, 0)
    children: list["Element"] = field(default_factory=list)


def parse(text: str) -> Element:
    """The root element. White space before the declaration is let pass; places are told with it."""
    body = text.lstrip(" \t\r\n\ufeff")
    if not body:
        raise DocumentError("the answer is empty")
    for mark, what in _MARKS:
        if text.count(mark) > MAX_MARKS:
            raise DocumentError(f"more than {MAX_MARKS} {what}")
    skipped = _LINE_END.split(text[: len(text) - len(body)])
    builder = _Builder(len(skipped) - 1, len(skipped[-1]))
    parser = _Parser(forbid_dtd=True)
    parser.setContentHandler(builder)
    builder.setDocumentLocator(parser)  # only parse(), which reads from files, would do it
    try:
        parser.feed(body)
        parser.close()
    except SAXParseException as fault:
        place = builder.place(fault.getLineNumber(), fault.getColumnNumber())
        raise DocumentError(f"not well-formed XML: {fault.getMessage()}", *place) from None
    except DefusedXmlException:
        place = builder.place(parser.getLineNumber(), parser.getColumnNumber())
        raise DocumentError("a document type or entity declaration is not allowed", *place) from None
    return builder.top.children[0]


class _Parser(DefusedExpatParser):
    def reset(self) -> None:
        """Text is told line by line: told in one piece, its place would be that of the tag behind it."""
        super().reset()
        self._parser.buffer_text = False  # type: ignore[attr-defined]  # as DefusedExpatParser does


class _Builder(ContentHandler):
    def __init__(self, lines_before: int, columns_before: int) -> None:
        super().__init__()
        self.top = Element("", {}, (1, 1))  # holds the root
        self._before = (lines_before, columns_before)
        self._open = [self.top]
        self._count = 0
        self._locator: Any = None

    def setDocumentLocator(self, locator: Locator) -> None:
        self._locator = locator

    def place(self, line: int | None, column: int | None) -> tuple[int, int]:
        """Line and column from 1, in the answer as it came."""
        line, column = line or 1, column or 0
        return line + self._before[0], column + 1 + (self._before[1] if line == 1 else 0)

    def _here(self) -> tuple[int, int]:
        return self.place(self._locator.getLineNumber(), self._locator.getColumnNumber())

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        element = Element(name, dict(attrs.items()), self._here())
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise DocumentError(f"more than {MAX_ELEMENTS} elements", *element.at)
        if len(self._open) > MAX_DEPTH:
            raise DocumentError(f"<{shown(name)}> is nested deeper than {MAX_DEPTH} elements", *element.at)
        self._open[-1].children.append(element)
        self._open.append(element)

    def endElement(self, name: str) -> None:
        self._open.pop()

    def characters(self, content: str) -> None:
        element = self._open[-1]
        if not element.text and not content.strip():
            return
        if not element.text:
            line, column = self._here()
            element.text_at = line, column + len(content) - len(content.lstrip())
        if len(element.text) + len(content) > MAX_TEXT_CHARS:
            raise DocumentError(
                f"<{shown(element.name)}> has more than {MAX_TEXT_CHARS} characters of text", *element.at
            )
        element.text += content
