"""XML that is broken, too much, or meant to harm: refused with its place, in bounded time."""

import time

import pytest

from gateway.callcontrol import xml
from gateway.callcontrol.text import MAX_DOCUMENT_BYTES
from gateway.domain.verbs import Conference, Speak
from gateway.errors import DocumentError

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [
 <!ENTITY lol "lol">
 <!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
 <!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">
]>
<Response><Speak>&lol2;</Speak></Response>"""
BROKEN = "not well-formed XML"
TOKEN = f"{BROKEN}: not well-formed (invalid token)"
FULL = MAX_DOCUMENT_BYTES - 40


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (LAUGHS, 2),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<Response/>', 1),
        (b'\n\n<!DOCTYPE Response SYSTEM "http://127.0.0.1/x.dtd"><Response/>', 3),
        (b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]><Response/>', 1),
        (b"<!DOCTYPE Response>\n<Response/>", 1),
        (LAUGHS.decode().encode("utf-16"), 2),
    ],
)
def test_document_types_and_entities_are_refused(body: bytes, line: int) -> None:
    """XML with defusedxml: entity bombs, external entities"""
    for parse in (xml.parse, xml.parse_sound):
        with pytest.raises(DocumentError, match="a document type or entity declaration is not allowed") as caught:
            parse(body)
        assert caught.value.line == line


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<Response><Speak>&e;</Speak></Response>", f"line 1, column 18: {BROKEN}: undefined entity"),
        (b"", "the answer is empty"),
        (b"  \n ", "the answer is empty"),
        (b"\xef\xbb\xbf", "the answer is empty"),
        (b"<Response>", f"line 1, column 11: {BROKEN}: no element found"),
        (b"<!-- -->", f"line 1, column 9: {BROKEN}: no element found"),
        (b"<Response/>\n<Response/>", f"line 2, column 1: {BROKEN}: junk after document element"),
        (b"<Response><Speak></Response>", f"line 1, column 20: {BROKEN}: mismatched tag"),
        (
            b'<Response><Redirect>https://a/?a=1&b=2</Redirect></Response>',
            f"line 1, column 37: {TOKEN}",
        ),
        (b'<Response><Wait length="1" length="2"/></Response>', f"line 1, column 28: {BROKEN}: duplicate attribute"),
        (b"<Response><Speak>\x01</Speak></Response>", f"line 1, column 18: {TOKEN}"),
        (b"<response/>", "line 1, column 1: the root must be <Response>, not <response>"),
        (b"<html></html>", "line 1, column 1: the root must be <Response>, not <html>"),
        (b'<Response version="1"/>', "line 1, column 1: <Response> version is unknown"),
        (b"<x:Response/>", "line 1, column 1: the root must be <Response>, not <x:Response>"),
        (b"\r\n\r\n <Response>\r\n   \r\n  bad\r\n</Response>", 'line 5, column 3: <Response> holds stray text "bad"'),
        (b" \xef\xbb\xbf\n <response/>", "line 2, column 2: the root must be <Response>, not <response>"),
        (b"<Response>" + b"<a>" * 16, "line 1, column 56: <a> is nested deeper than 16 elements"),
        (b"<Response>" + b"<Wait/>" * 500 + b"</Response>", "line 1, column 3504: more than 500 elements"),
        (
            b"<Response><Speak>" + b"a" * 8193 + b"</Speak></Response>",
            "line 1, column 11: <Speak> has more than 8192 characters of text",
        ),
        (b"<Response>" + b"\n" * 20_001 + b"</Response>", "more than 20000 lines"),
        (b"\r" * 20_001 + b"<Response/>", "more than 20000 lines"),
        (b"<Response>" + b"&#32;" * 20_001 + b"</Response>", "more than 20000 references"),
        (b"<Response>" + b"<?a?>" * 20_001 + b"</Response>", "more than 20000 tags"),
        (b"<Response " + b" ".join(b"a%d=''" % name for name in range(10_001)) + b"/>", "more than 20000 quotes"),
        (b"<Response " + b" ".join(b'a%d=""' % name for name in range(10_001)) + b"/>", "more than 20000 quotes"),
        (
            b'<Response><Conference digitsMatch="' + b"1," * 5000 + b'">a</Conference></Response>',
            'line 1, column 11: <Conference> digitsMatch="' + "1," * 30 + '…" must have at most 64 patterns',
        ),
        (b" " * (MAX_DOCUMENT_BYTES + 1), "the answer is longer than 1048576 bytes"),
        (b"<Response><Speak>caf\xe9</Speak></Response>", "the answer is not utf-8: wrong byte at position 20"),
        (b'<?xml version="1.0" encoding="EBCDIC"?><Response/>', "the encoding EBCDIC is not supported here; use UTF-8"),
        (b'<?xml version="1.0" encoding="utf-7"?><Response/>', "the encoding utf-7 is not supported here; use UTF-8"),
        (b'<?xml version="1.0" encoding="UTF-16"?><Response/>', "the encoding UTF-16 is not supported here; use UTF-8"),
        ("<Response/>".encode("utf-32"), "the answer is UTF-32; use UTF-8"),
        (b"\xff\xfe<", "the answer is not utf-16-le: wrong byte at position 2"),
        (b"\xff\xfe\x00\xd8", "the answer is not utf-16-le: wrong byte at position 2"),
    ],
)  # fmt: skip
def test_refused_with_place_and_reason(body: bytes, message: str) -> None:
    """refused with line and reason"""
    with pytest.raises(DocumentError) as caught:
        xml.parse(body)
    assert caught.value.message == message
    assert caught.value.detail == (
        {"line": caught.value.line, "column": caught.value.column} if caught.value.line else {}
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<Response>" + b"\n" * FULL + b"</Response>",
        b"<Response>" + b"&amp;" * (FULL // 5) + b"</Response>",
        b"<Response>" + b"&#10;" * (FULL // 5) + b"</Response>",
        b"<Response>" + b"<!---->" * (FULL // 7) + b"</Response>",
        b"<a>" * (FULL // 3),
        b"<Response " + b" ".join(b"a%d='1'" % number for number in range(80_000)) + b"/>",
        b"<Response><Play loop='" + b"1" * (FULL - 100) + b"'/></Response>",
        b"<" + b"R" * FULL + b"/>",
        b"<?xml " + b" encoding" * (FULL // 10),
        b" " * FULL,
    ],
    ids=["lines", "entities", "references", "comments", "deep", "attributes", "value", "name", "declaration", "spaces"],
)
def test_a_full_mebibyte_of_anything_takes_bounded_time_and_says_little(body: bytes) -> None:
    began = time.process_time()
    try:
        xml.parse(body)
    except DocumentError as fault:
        assert len(fault.message) < 300
    # A guard against quadratic work, which would take minutes; 0.1 s is usual.
    assert time.process_time() - began < 5


TEXT = "<Response><Speak>café €</Speak><Conference>r</Conference></Response>"


@pytest.mark.parametrize(
    "body",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{TEXT}'.encode(),
        f"  \r\n\ufeff <?xml version='1.0' encoding='utf8'?>\n{TEXT}\n".encode(),
        f'<?xml version="1.0" encoding="UTF-16"?>{TEXT}'.encode("utf-16"),
        f'<?xml version="1.0" encoding="windows-1252"?>{TEXT}'.encode("windows-1252"),
    ],
)
def test_encodings(body: bytes) -> None:
    assert xml.parse(body).verbs == (Speak("café €"), Conference("r"))


def test_latin1_and_ascii_by_declaration() -> None:
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?><Response><Speak>café</Speak></Response>'
    assert xml.parse(latin.encode("latin-1")).verbs == (Speak("café"),)
    ascii_only = b'<?xml version="1.0" encoding="US-ASCII"?><Response><Speak>caf&#233;</Speak></Response>'
    assert xml.parse(ascii_only).verbs == (Speak("café"),)
