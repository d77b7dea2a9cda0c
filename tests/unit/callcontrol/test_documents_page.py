"""docs/answer-documents.md: Conference's attributes are those that are read; its snippet verifies our requests."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.callcontrol.xml_rules import VERBS
from gateway.domain.plivo_signature import signed_headers

PAGE = (Path(__file__).parents[3] / "docs" / "answer-documents.md").read_text()
SECRET = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0"
URL = "https://app.example/answer?tenant=7"
PARAMS = {"CallUUID": "acW68-1", "From": "+15550001111", "Event": "StartApp"}


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_conferences_attributes() -> None:
    cells = re.findall(r"^\| ([a-z][^|]*) \|", section("Conference"), re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"\w+", cell) if cell != "attribute"]
    assert sorted(named) == sorted(VERBS["plivo"]["Conference"].rows)


@pytest.mark.parametrize("params", [PARAMS, {**PARAMS, "call": {"id": "acW68-1", "status": "ringing"}}])
def test_the_snippet_verifies_a_post(params: dict[str, Any]) -> None:
    headers = signed_headers(SECRET, "POST", URL, params, "nonce")
    assert verified()(SECRET, "POST", URL, headers, params)
    assert not verified()(SECRET, "POST", URL, headers, {**params, "From": "+15550002222"})


def test_the_snippet_verifies_a_get() -> None:
    url = f"{URL}&{urlencode(PARAMS)}"
    headers = signed_headers(SECRET, "GET", url, {}, "nonce")
    assert verified()(SECRET, "GET", url, headers, {})
    assert not verified()("whsec_other", "GET", url, headers, {})


def verified() -> Any:
    names: dict[str, Any] = {}
    exec("\n".join(line[4:] for line in section("The request").splitlines() if line.startswith("    ")), names)
    return names["verified"]
