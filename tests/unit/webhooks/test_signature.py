"""Signatures as a receiver checks them, with the library of Standard Webhooks."""

import base64
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.domain.ids import new_webhook_secret
from gateway.webhooks.signature import Signer, valid_secrets
from tests.signatures import verify, verify_minivoice

BODY = b'{"id":"evt_1","event":"conference.created"}'


def _headers(*secrets: str, at: int | None = None) -> dict[str, str]:
    lines = Signer.of(secrets).headers("evt_1", at or int(time.time()), BODY)
    assert lines.endswith("\r\n")
    return dict(line.split(": ", 1) for line in lines.splitlines())


def test_standard_webhooks() -> None:
    """Signed by the Standard Webhooks scheme: headers webhook-id, webhook-timestamp, webhook-signature."""
    secret = new_webhook_secret()
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret[6:])) <= 32
    assert Webhook(secret).verify(BODY, _headers(secret))["id"] == "evt_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_webhook_secret()).verify(BODY, _headers(secret))


def test_several_signatures_while_a_secret_is_rotated() -> None:
    """several signatures while a secret is rotated"""
    new, old = new_webhook_secret(), new_webhook_secret()
    headers = _headers(new, old)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (new, old):
        Webhook(secret).verify(BODY, headers)
    assert valid_secrets([new, old], 1000, 999) == [new, old]
    assert valid_secrets([new, old], 1000, 1000) == [new]
    assert valid_secrets([new, old], None, 0) == [new]


def test_minivoice_signature_has_the_secrets_text_as_key() -> None:
    """X-MiniVoice-Signature: v1=<hex HMAC-SHA256 of timestamp.body> with the secret's text (whsec_ included) as key"""
    headers = Signer.of(["whsec_c2VjcmV0"]).headers("evt_1", 1700000000, b"{}")
    assert "X-MiniVoice-Timestamp: 1700000000\r\n" in headers
    # printf 1700000000.{} | openssl dgst -sha256 -hmac whsec_c2VjcmV0
    assert "X-MiniVoice-Signature: v1=364c5930136b64e55f7f7a0228b53cdcdcfe48ee68e73fa94d7a3e529cec1c38\r\n" in headers
    found = dict(line.split(": ", 1) for line in headers.splitlines())
    assert verify_minivoice("whsec_c2VjcmV0", found, b"{}", 1700000000)
    assert not verify_minivoice("c2VjcmV0", found, b"{}", 1700000000)


def test_the_verifier_of_the_tests_and_the_bench() -> None:
    secret, now = new_webhook_secret(), int(time.time())
    headers = {name.title(): value for name, value in _headers(secret).items()}
    assert verify(secret, headers, BODY, now)
    assert not verify(secret, headers, BODY + b" ", now)
    assert not verify(secret, headers, BODY, now + 301)
    assert not verify(new_webhook_secret(), headers, BODY, now)
    assert not verify(secret, {}, BODY, now)
