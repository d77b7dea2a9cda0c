"""The sandbox's demo app: a receiver of webhooks as an app would write one. In: POSTs. Out: webhooks."""

import base64
import hashlib
import hmac
import io
import math
import struct
import time
import wave
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from gevent import socket
from gevent.pywsgi import WSGIServer

TOLERANCE_S = 300
MAX_BODY_BYTES = 1_048_576
TONE_HZ, TONE_S, RATE_HZ = 440, 2, 8000
_LANES = ("session_uuid", "sequence", "room_id", "room_sequence")
Print = Callable[[str], None]
Webhook = dict[str, Any]


def verified(secret: str, webhook_id: str, timestamp: str, signatures: str, body: bytes, now_s: float) -> bool:
    """The Standard Webhooks scheme: HMAC-SHA256 of `id.timestamp.body`, any of several signatures may fit."""
    if not timestamp.isdigit() or abs(now_s - int(timestamp)) > TOLERANCE_S:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(expected)
    return any(hmac.compare_digest(each.encode(), wanted) for each in signatures.split())


def summary(webhook: Webhook) -> str:
    """One readable line: the event, whom it is about, what it says."""
    facts: dict[str, Any] = {name: webhook[name] for name in _LANES if name in webhook}
    call = webhook.get("call") or {}
    facts |= {name: call[name] for name in ("from", "to") if name in call}
    facts |= {name: value for name, value in webhook.get("data", {}).items() if name not in ("room_id", "uuid")}
    told = " ".join(f"{name}={_word(value)}" for name, value in facts.items())
    return f"{webhook.get('event', '?')}  {told}".rstrip()


def _word(value: Any) -> str:
    """Text as it is where it is one word; else as JSON, so that no value breaks the line."""
    if isinstance(value, str) and value.isprintable() and " " not in value:
        return value
    return orjson.dumps(value).decode()


def tone() -> bytes:
    """Two seconds of 440 Hz as a wav file."""
    samples = (math.sin(2 * math.pi * TONE_HZ * at / RATE_HZ) for at in range(TONE_S * RATE_HZ))
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(struct.pack("<h", int(8000 * sample)) for sample in samples))
    return content.getvalue()


class DemoApp:
    """Listens on a free port of loopback. `on_webhook` gets each webhook whose signature is right."""

    def __init__(self, say: Print, on_webhook: Callable[[Webhook], None]) -> None:
        self.secret = ""  # known once the app is made, which needs this app's URL
        self._say = say
        self._on_webhook = on_webhook
        self._tone = tone()
        listener = socket.create_server(("127.0.0.1", 0))
        # Without it each keep-alive POST is answered 44 ms late (Nagle and delayed ACK).
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server = WSGIServer(listener, self._answer, log=None)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop(timeout=1)

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == "/demo.wav" and method in ("GET", "HEAD"):
            length = ("Content-Length", str(len(self._tone)))
            start_response("200 OK", [("Content-Type", "audio/wav"), length])
            return [self._tone if method == "GET" else b""]
        status = self._receive(environ) if (path, method) == ("/webhooks", "POST") else "404 Not Found"
        start_response(status, [("Content-Length", "0")])
        return [b""]

    def _receive(self, environ: dict[str, Any]) -> str:
        length = environ.get("CONTENT_LENGTH", "") or "0"
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return "413 Content Too Large"
        body = environ["wsgi.input"].read(int(length))
        webhook_id, timestamp, signature = (
            environ.get(f"HTTP_WEBHOOK_{name}", "") for name in ("ID", "TIMESTAMP", "SIGNATURE")
        )
        if not verified(self.secret, webhook_id, timestamp, signature, body, time.time()):
            self._say("[webhook] refused: its signature is wrong")
            return "401 Unauthorized"
        self._on_webhook(orjson.loads(body))
        return "204 No Content"
