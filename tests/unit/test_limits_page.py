"""docs/limits.md says what the code does."""

from pathlib import Path

import pytest

from gateway.api import bodies, chunks, http_lines, server
from gateway.callcontrol import fetch, json_actions, xml_rules, xml_tree
from gateway.domain import flow
from gateway.media import download, names, speech
from gateway.schemas import requests
from gateway.services import endpoints, flows, legs, playback
from gateway.webhooks import connections, retry

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()
ROWS = {
    "connections": f"{server.MAX_CONNECTIONS} of",
    "a head": f"{http_lines.MAX_LINES}, {http_lines.MAX_LINE_BYTES}, {http_lines.MAX_HEAD_BYTES:,} |",
    "from an answer": f"{server.IDLE_S:g} s",
    "the time it takes": f"{server.BODY_S:g} s, and a second for each {server.BODY_BYTES_PER_S:,} bytes",
    "what is no data": f"{chunks.MAX_FRAMING_BYTES:,} bytes",
    "fields of a body": f"{bodies.MAX_FIELDS} |",
    "URLs of one play": f"{requests.MAX_URLS}, {playback.MAX_QUEUED} |",
    "downloads": f"{download.MAX_DOWNLOADS_PER_APP} of an app, {download.MAX_DOWNLOADS} of all",
    "names": f"{names.MAX_LOOKUPS_PER_OWNER} of an app, {names.MAX_LOOKUPS} of all; "
    f"an answer is good for {names.KEPT_S:g} s",
    "a text": f"{speech.MAX_TEXT_CHARS} characters",
    "parts of one prompt": f"{legs.MAX_PARTS} |",
    "repetitions": f"{legs.SHORT_ROUNDS} |",
    "a document": f"{xml_tree.MAX_ELEMENTS} verbs, nested {xml_tree.MAX_DEPTH} deep",
    "lines, tags": f"{xml_tree.MAX_MARKS:,} |",
    "objects": f"{json_actions.MAX_CONTAINERS:,}, {json_actions.MAX_VALUES:,}, {json_actions.MAX_STRINGS:,} |",
    "documents fetched": f"{fetch.MAX_FETCHES_PER_APP} of an app",
    "documents of one call": f"{flows.MAX_DOCUMENTS} |",
    "phones": f"{xml_rules.MAX_TARGETS} |",
    "targets": f"{flow.MOST_TARGETS} of an app",
    "an answer |": f"{connections.MAX_ANSWER_BYTES:,} bytes",
    "patterns": f"{endpoints.MAX_PATTERNS} |",
    "`Retry-After`": f"{retry.MAX_RETRY_AFTER_S} s",
}


@pytest.mark.parametrize("what", ROWS)
def test_each_row_has_its_number(what: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {what}")]
    assert ROWS[what] in row
