"""XML or JSON: told by the first character; the Content-Type only helps the message."""

import pytest

from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.documents import read
from gateway.callcontrol.sniff import sniff
from gateway.domain.verbs import Conference, Document
from gateway.errors import DocumentError

XML = "<Response><Conference>r</Conference></Response>"
JSON = '{"actions": [{"conference": {"room": "r"}}]}'


@pytest.mark.parametrize("content_type", ["", "text/xml", "application/json", "text/html; charset=utf-8", ";;", "\0"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("space", ["", " \r\n\t"])
def test_the_body_decides(content_type: str, encoding: str, space: str) -> None:
    """Body is sniffed: XML `<Response>` or JSON `{"actions": […]}`"""
    for text, kind in ((XML, "xml"), (JSON, "json")):
        body = (space + text + space).encode(encoding)
        assert sniff(body, content_type) == kind
        assert read(body, content_type, Capabilities(), "plivo") == Document((Conference("r"),))


def test_the_dialect_is_that_of_xml() -> None:
    """`--document-dialect plivo|voxml`: voxml makes maxMembers 10"""
    ten = Document((Conference("r", max_members=10),))
    assert read(XML.encode(), "", Capabilities(), "voxml") == ten
    assert read(JSON.encode(), "", Capabilities(), "voxml") == Document((Conference("r"),))


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"OK", "", 'the answer is neither XML nor JSON: "OK"'),
        (b"OK", "text/plain", 'the answer is neither XML nor JSON: "OK"'),
        (b"", "application/json", "the answer is empty"),
        (b" \xef\xbb\xbf\n", "text/xml", "the answer is empty"),
        (b"OK", "application/json; charset=utf-8", "line 1, column 1: not well-formed JSON: Expecting value"),
        (b"null", "application/problem+json", 'the answer must be an object {"actions": […]}'),
        (b"OK", "Text/XML", "line 1, column 1: not well-formed XML: syntax error"),
        (b"x" * 2_000_000, "", "the answer is longer than 1048576 bytes"),
        (b"x" * 100 + b"\x00\x1b[2J", "", f'the answer is neither XML nor JSON: "{"x" * 60}…"'),
        (b"a\x00", "", "the answer is neither XML nor JSON: \"a\""),
        (b"%PDF\x1b[2J", "", 'the answer is neither XML nor JSON: "%PDF\\x1b[2J"'),
    ],
)  # fmt: skip
def test_what_is_neither(body: bytes, content_type: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(body, content_type, Capabilities(), "plivo")
    assert caught.value.message == message
