"""Hypothesis: any XML or JSON through the real runner never crashes it and leaves no caller in silence (issue 3)."""

import logging
from collections.abc import Iterator
from functools import partial

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.documents import read
from gateway.callcontrol.json_rules import ACTIONS
from gateway.callcontrol.verbs import PERFORMERS
from gateway.domain.flow import OVER
from gateway.errors import DocumentError
from gateway.store import flows as flow_rows
from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import channel
from tests.unit.callcontrol.test_any_bytes import ELEMENT, FIELDS, JSON_VALUES
from tests.waiting import wait_for

CLEAR_CAUSE = "NORMAL_TEMPORARY_FAILURE"
CALLS_AT_ONCE = 20
LIMIT_S = 20.0

RESPONSES = st.lists(ELEMENT, max_size=3).map(lambda verbs: f"<Response>{''.join(verbs)}</Response>")
WHOLE_VERBS = st.sampled_from(
    [
        '<Play loop="0">http://127.0.0.1:1/a.mp3</Play>', "<Play>gateway:apology</Play>", "<Speak>a</Speak>",
        '<Conference waitSound="http://127.0.0.1:1/" startConferenceOnEnter="false">r</Conference>',
        '<Conference enterSound="http://127.0.0.1:1/x" action="http://127.0.0.1:1/">r</Conference>',
        "<Redirect>http://127.0.0.1:1/</Redirect>", '<Hangup schedule="1"/>', '<Hangup reason="busy"/>',
        '<GetDigits timeout="1" action="http://127.0.0.1:1/"><Speak>k</Speak><Wait/></GetDigits>', "<DTMF>1w2</DTMF>",
        "<PreAnswer><Speak>a</Speak><Wait/></PreAnswer>", '<Wait length="1"/>', '<Wait silence="true" length="3"/>',
        '<Record timeout="1" maxLength="1" action="http://127.0.0.1:1/"/>',
    ]
)  # fmt: skip
WHOLE = st.lists(WHOLE_VERBS, max_size=3).map(lambda verbs: f"<Response>{''.join(verbs)}</Response>")
LISTS = st.lists(
    st.dictionaries(
        st.sampled_from(sorted(ACTIONS)), st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES), max_size=1
    ),
    max_size=3,
).map(lambda actions: orjson.dumps({"actions": actions}).decode())
DOCUMENTS = st.one_of(RESPONSES, WHOLE, LISTS, st.text(max_size=40))


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConferenceHouse]:
    hall = ConferenceHouse(tmp_path_factory.mktemp("any"))
    yield hall
    hall.stop()
    assert not hall.documents.problems


def is_refused(hall: ConferenceHouse, document: str) -> bool:
    media = hall.house.gateway.media
    capable = Capabilities(media.transcription.kinds, media.speech.fault, frozenset(PERFORMERS))
    try:
        read(document.encode("utf-8", "replace"), "application/xml", capable, "plivo")
    except DocumentError:
        return True
    return False


def is_over(hall: ConferenceHouse, session: str) -> bool:
    flow = hall.house.gateway.store.read(lambda connection: flow_rows.find(connection, session))
    return flow is not None and flow.state == OVER


def apologised(hall: ConferenceHouse, session: str) -> bool:
    return any("/media/apology." in line for line in hall.house.switch.executed(channel(session)))


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.lists(DOCUMENTS, min_size=CALLS_AT_ONCE, max_size=CALLS_AT_ONCE))
def test_any_document(hall: ConferenceHouse, caplog: pytest.LogCaptureFixture, documents: list[str]) -> None:
    """Each call runs what its document says, or is told and ended: apology, clear cause, call.failed."""
    caplog.clear()
    sink = hall.house.sink
    with caplog.at_level(logging.ERROR):
        calls = {hall.dial(document): document for document in documents}
        for session, document in calls.items():
            sink.wait_for_event("call.created", session_uuid=session)
            if is_refused(hall, document):
                told = sink.wait_for_event("call.failed", LIMIT_S, session_uuid=session)
                assert told["data"]["error"]["code"] == "answer_url_error", document
                ended = sink.wait_for_event("call.completed", LIMIT_S, session_uuid=session)
                assert ended["data"]["hangup_cause"] == CLEAR_CAUSE, document
                assert apologised(hall, session), document
            else:
                hall.documents.wait_for("/answer", CallUUID=session)
                hall.house.switch.api(f"simulator hangup {channel(session)} NORMAL_CLEARING")  # unless it is over
        for session, document in calls.items():
            wait_for(partial(is_over, hall, session), f"the flow of {document!r} is over", LIMIT_S)
            for told in sink.find("call.failed", session_uuid=session):
                assert "could not go on" not in told["data"]["error"]["message"], document
    assert not [record.message for record in caplog.records if record.name.startswith("gateway.callcontrol")]
