"""The sandbox's demo app: a receiver as an app would write one, over real HTTP."""

import io
import wave
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest
import requests
from standardwebhooks import Webhook as Signer

from gateway.cli.curl_lines import CurlLines
from gateway.cli.demo_app import DemoApp, Webhook, summary
from gateway.domain.ids import new_webhook_secret

SECRET = new_webhook_secret()
BODY = orjson.dumps({"id": "evt_1", "event": "call.created", "session_uuid": "acW68-1", "sequence": 1, "data": {}})


class Heard:
    def __init__(self) -> None:
        self.webhooks: list[Webhook] = []
        self.sentences: list[str] = []


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def demo(heard: Heard) -> Iterator[DemoApp]:
    app = DemoApp(heard.sentences.append, heard.webhooks.append)
    app.secret = SECRET
    app.start()
    yield app
    app.stop()


def signed(secret: str, at: datetime) -> dict[str, str]:
    signature = Signer(secret).sign("evt_1", at, BODY.decode())
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
        "content-type": "application/json",
    }


def post(demo: DemoApp, headers: dict[str, str]) -> int:
    return requests.post(f"{demo.url}/webhooks", BODY, headers=headers, timeout=5).status_code


def test_a_webhook_signed_by_the_standard_scheme_is_taken(demo: DemoApp, heard: Heard) -> None:
    """`webhook-signature: v1,<base64 HMAC-SHA256 of id.timestamp.body>`, as the standard's own library signs."""
    assert post(demo, signed(SECRET, datetime.now(UTC))) == 204
    assert heard.webhooks == [orjson.loads(BODY)]


def test_one_of_several_signatures_is_enough(demo: DemoApp, heard: Heard) -> None:
    """ "several signatures while a secret is rotated"."""
    headers = signed(SECRET, datetime.now(UTC))
    headers["webhook-signature"] = "v1,AAAA v2,x " + headers["webhook-signature"]
    assert post(demo, headers) == 204
    assert heard.sentences == []


def test_wrong_old_and_missing_signatures_are_refused(demo: DemoApp, heard: Heard) -> None:
    old = datetime.fromtimestamp(1_700_000_000, UTC)
    for headers in (signed(new_webhook_secret(), datetime.now(UTC)), signed(SECRET, old), {}):
        assert post(demo, headers) == 401
    assert heard.webhooks == []
    assert len(heard.sentences) == 3


def test_it_serves_a_tone(demo: DemoApp) -> None:
    answer = requests.get(f"{demo.url}/demo.wav", timeout=5)
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (8000, 1, 16000)
    assert requests.get(f"{demo.url}/other", timeout=5).status_code == 404


def test_a_webhook_is_told_in_one_line() -> None:
    line = summary(
        {
            "event": "call.created",
            "session_uuid": "acW68-1",
            "sequence": 1,
            "call": {"id": "acW68-1", "from": "+1", "to": "+2"},
            "data": {"muted": True, "reason": "a\nb"},
        }
    )
    assert line == 'call.created  session_uuid=acW68-1 sequence=1 from=+1 to=+2 muted=true reason="a\\nb"'


def test_pasted_lines_carry_json_and_the_real_key() -> None:
    lines = CurlLines("http://127.0.0.1:1", "app_1", "gwk_1", "http://127.0.0.1:2/demo.wav", "gateway sandbox")
    told = lines.for_call("acW68-1", "acW68-room-1")
    assert '-d "{\\"room_id\\": \\"acW68-room-1\\"}"' in told
    assert "X-API-Key: gwk_1" in told
    assert "$ROOM" not in told and "$CALL" not in told, "real ids, nothing left to fill in"
    assert "$ROOM" in lines.tour()
