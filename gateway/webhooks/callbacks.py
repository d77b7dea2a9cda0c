"""Who signs a document's callbacks: with the webhook_secret, as Plivo does. In: a parcel. Out: header lines."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from gateway.domain.deliveries import Parcel
from gateway.domain.ids import new_uuid
from gateway.domain.plivo_signature import signed_headers
from gateway.media.addresses import as_seen

KIND = "callback"


@dataclass(frozen=True)
class CallbackSigner:
    token: str
    method: str
    url: str

    def headers(self, webhook_id: str, timestamp_s: int, body: bytes) -> str:
        """A nonce of its own for each attempt."""
        params = dict(parse_qsl(body.decode(), keep_blank_values=True))
        signed = signed_headers(self.token, self.method, self.url, params, new_uuid())
        return "".join(f"{name}: {value}\r\n" for name, value in signed.items())


def callback_signer(secret_of: Callable[[str], str]) -> Callable[[Parcel], CallbackSigner]:
    """The URL is signed as the receiver sees it: as it is sent. ValueError for an app that has no secret any more."""

    def signer(parcel: Parcel) -> CallbackSigner:
        if not (secret := secret_of(parcel.app_id)):
            raise ValueError("app-removed")
        return CallbackSigner(secret, parcel.method, as_seen(parcel.url))

    return signer
