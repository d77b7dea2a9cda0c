"""X-Plivo-Signature-V3, as Plivo's SDKs validate it. In: the app's token, a request's parts. Out: two header values.

What is signed is what `plivo.utils.signature_v3` rebuilds, its treatment of bytes and lists included.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

SIGNATURE, NONCE = "X-Plivo-Signature-V3", "X-Plivo-Signature-V3-Nonce"


def signed_headers(token: str, method: str, url: str, params: Mapping[str, Any], nonce: str) -> dict[str, str]:
    """`url` exactly as it was written; `params` are those of the body, for GET those that the URL does not hold yet."""
    whole = f"{_get_base(url, params) if method == 'GET' else _post_base(url, params)}.{nonce}"
    digest = hmac.digest(token.encode(), whole.encode(), "sha256")
    return {SIGNATURE: base64.b64encode(digest).decode(), NONCE: nonce}


def _get_base(url: str, params: Mapping[str, Any]) -> str:
    base, query = _parts(url)
    joined = _joined({**params, **query}, "=", "&")
    return f"{base}?{joined}" if joined else base


def _post_base(url: str, params: Mapping[str, Any]) -> str:
    base, query = _parts(url)
    joined = _joined(query, "=", "&")
    if joined or params:
        base = f"{base}?{joined}"
    if joined and params:
        base += "."
    return base + _joined(params, "", "")


def _parts(url: str) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(url)
    path = parts.path
    if ";" in path.rpartition("/")[2]:  # the SDK takes the parameters of the last segment for a part of their own
        path = path[: path.rindex("/") + 1] + path.rpartition("/")[2].partition(";")[0]
    # The SDK reads what is percent-encoded byte by byte (and fails where Python's parse_qs takes no such bytes).
    query = parse_qs(parts.query, keep_blank_values=True, encoding="latin-1")
    return f"{parts.scheme}://{parts.netloc}{path}", query


def _joined(params: Mapping[str, Any], equals: str, between: str) -> str:
    words = []
    for key in sorted(params):
        value = params[key]
        if isinstance(value, list):
            words.append(between.join(f"{key}{equals}{item}" for item in sorted(map(str, value))))
        elif isinstance(value, Mapping):
            words.append(f"{key}{_joined(value, equals, between)}")
        else:
            words.append(f"{key}{equals}{value}")
    return between.join(words)
