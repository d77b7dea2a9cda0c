"""The signatures of webhooks as a receiver checks them, both schemes; written apart from what signs."""

import base64
import hmac
from collections.abc import Mapping

TOLERANCE_S = 300  # how far a timestamp may be from the receiver's clock, as Standard Webhooks says


def verify(secret: str, headers: Mapping[str, str], body: bytes, now_s: int, tolerance_s: int = TOLERANCE_S) -> bool:
    """True when a Standard Webhooks signature in `headers` is right and its timestamp is near `now_s`."""
    found = {name.lower(): value for name, value in headers.items()}
    stamp = found.get("webhook-timestamp", "")
    if not _is_near(stamp, now_s, tolerance_s):
        return False
    signed = b"%b.%b.%b" % (found.get("webhook-id", "").encode(), stamp.encode(), body)
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    right = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    given = found.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(right.encode(), each.encode()) for each in given)


def verify_minivoice(
    secret: str, headers: Mapping[str, str], body: bytes, now_s: int, tolerance_s: int = TOLERANCE_S
) -> bool:
    found = {name.lower(): value for name, value in headers.items()}
    stamp = found.get("x-minivoice-timestamp", "")
    if not _is_near(stamp, now_s, tolerance_s):
        return False
    right = "v1=" + hmac.digest(secret.encode(), b"%b.%b" % (stamp.encode(), body), "sha256").hex()
    return hmac.compare_digest(right.encode(), found.get("x-minivoice-signature", "").encode())


def _is_near(stamp: str, now_s: int, tolerance_s: int) -> bool:
    return stamp.isascii() and stamp.isdigit() and len(stamp) < 16 and abs(int(stamp) - now_s) <= tolerance_s
