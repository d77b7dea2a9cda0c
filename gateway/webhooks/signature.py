"""Signatures of webhooks. In: secrets, id, time, bytes. Out: header lines.

Two schemes beside each other: Standard Webhooks, and MiniVoice's for receivers that were written for it.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

PREFIX = "whsec_"


def _key(secret: str) -> bytes:
    """The base64-decoded part behind whsec_; raises ValueError where that is no base64."""
    text = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error


def _mac(key: hmac.HMAC, signed: bytes) -> bytes:
    mac = key.copy()
    mac.update(signed)
    return mac.digest()


@dataclass(frozen=True)
class Signer:
    """The keys of one endpoint, each taken in once: a copy signs. `secrets` are those valid now, newest first."""

    keys: tuple[hmac.HMAC, ...]
    text: hmac.HMAC

    @classmethod
    def of(cls, secrets: Sequence[str]) -> "Signer":
        if not secrets:
            raise ValueError("an endpoint has at least one secret")
        keys = tuple(hmac.new(_key(secret), digestmod="sha256") for secret in secrets)
        return cls(keys, hmac.new(secrets[0].encode(), digestmod="sha256"))

    def headers(self, webhook_id: str, timestamp_s: int, body: bytes) -> str:
        """The five header lines of one attempt, each ended; ids of ours need no escaping."""
        signed = b"%d.%b" % (timestamp_s, body)
        legacy = _mac(self.text, signed).hex()
        signed = b"%b.%b" % (webhook_id.encode(), signed)
        signatures = " ".join(
            ["v1," + binascii.b2a_base64(_mac(key, signed), newline=False).decode() for key in self.keys]
        )
        return (
            f"webhook-id: {webhook_id}\r\nwebhook-timestamp: {timestamp_s}\r\nwebhook-signature: {signatures}\r\n"
            f"X-MiniVoice-Timestamp: {timestamp_s}\r\nX-MiniVoice-Signature: v1={legacy}\r\n"
        )


def valid_secrets(secrets: Sequence[str], old_secret_expires_at: int | None, now_ms: int) -> list[str]:
    """Newest first; the older ones only while a rotation's overlap lasts."""
    if old_secret_expires_at is None or now_ms >= old_secret_expires_at:
        return list(secrets[:1])
    return list(secrets)
