"""The sink itself: that it notices what it is there to notice."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from gateway.webhooks.signature import Signer
from tests.sink import Sink

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    sink.start()
    sink.trust("/", SECRET)
    yield sink
    sink.stop()


def send(sink: Sink, number: int, name: str, secret: str = SECRET, **changes: Any) -> int:
    """One event of a room, signed as the gateway does."""
    event = {"id": f"evt_{number}", "event": name, "room_id": ROOM, "room_sequence": number, "data": {"room_id": ROOM}}
    body = json.dumps({**event, **changes}).encode()
    now = datetime.now(UTC)
    lines = Signer.of([secret]).headers(f"evt_{number}", int(now.timestamp()), body).splitlines()
    headers = {"Content-Type": "application/json", **dict(line.split(": ", 1) for line in lines)}
    standard = Webhook(secret).sign(f"evt_{number}", now, body.decode())
    assert headers["webhook-signature"] == standard, "ours is the library's own signature"
    with requests.Session() as session:
        return session.post(sink.url(), data=body, headers=headers, timeout=5).status_code


def test_what_is_right_is_taken(sink: Sink) -> None:
    assert send(sink, 1, "conference.created") == 200
    assert send(sink, 2, "conference.destroyed") == 200
    assert send(sink, 2, "conference.destroyed") == 200, "at least once: a repeat is no fault"
    assert sink.names(ROOM) == ["conference.created", "conference.destroyed"]
    sink.assert_ordered()


@pytest.mark.parametrize("secret", [OTHER])
def test_a_wrong_signature_is_noticed(sink: Sink, secret: str) -> None:
    send(sink, 1, "conference.created", secret)
    with pytest.raises(AssertionError, match="signature"):
        sink.assert_ordered()


def test_a_gap_a_turn_and_other_bytes_are_noticed(sink: Sink) -> None:
    send(sink, 1, "conference.created")
    send(sink, 3, "conference.started")
    with pytest.raises(AssertionError, match="room_sequence 3 after 1"):
        sink.assert_ordered()
    send(sink, 1, "conference.created", data={"room_id": "other"})
    with pytest.raises(AssertionError, match="other bytes"):
        sink.assert_ordered()


def test_an_illegal_chain_is_noticed(sink: Sink) -> None:
    send(sink, 1, "conference.created")
    send(sink, 2, "conference.ended")
    with pytest.raises(AssertionError, match=r"conference\.ended"):
        sink.assert_ordered()


def test_it_answers_as_it_is_told(sink: Sink) -> None:
    sink.answer(503, times=1, headers={"Retry-After": "7"})
    assert send(sink, 1, "conference.created") == 503
    assert sink.events == []
    assert send(sink, 1, "conference.created") == 200
    assert (len(sink.received), len(sink.events), sink.attempts["/"]) == (2, 1, 2)
