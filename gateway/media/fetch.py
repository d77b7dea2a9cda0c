"""The guarded HTTP client. In: a Request that some app's URL is in. Out: the body into a sink, and what was Fetched.

Every hop is resolved once, checked, and connected to by the checked address; time and size have limits.
"""

import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin

import certifi
import gevent
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as HttpTimeout

from gateway.domain.values import replace
from gateway.errors import MediaError
from gateway.media.addresses import Target, parse
from gateway.media.guard import Guard
from gateway.media.wire import PlainPool, TlsPool
from gateway.time_limits import give_way

Sink = Callable[[bytes], object]
MIB = 1024 * 1024
_USER_AGENT = "switch-gateway"
_CHUNK_BYTES = 64 * 1024
_KEEP_METHOD = frozenset({307, 308})
_REDIRECTS = frozenset({301, 302, 303}) | _KEEP_METHOD
# Of a request's own headers, what must not reach another origin.
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True)
class Limits:
    max_bytes: int = 50 * MIB
    first_byte_timeout_s: float = 10.0  # from the start, redirects included
    total_timeout_s: float = 120.0
    max_redirects: int = 5
    connect_timeout_s: float = 4.0  # per address


@dataclass(frozen=True)
class Request:
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    owner: str = ""  # the app whose URL it is


@dataclass(frozen=True)
class Fetched:
    """The last hop's. Header names are lower-case; the body is read for 2xx only."""

    status: int
    headers: Mapping[str, str]
    url: str


def default_tls() -> ssl.SSLContext:
    """Certifi's roots (a slim image has none of its own) and those the operator installed."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context


class Fetcher:
    """Holds no connection and no state between requests. Proxies of the environment are not used."""

    def __init__(
        self,
        guard: Guard,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.guard = guard
        self.limits = limits or Limits()
        self._tls = tls or default_tls()

    def fetch(self, request: Request, sink: Sink, limits: Limits | None = None) -> Fetched:
        """`sink` gets the body of a 2xx answer piece by piece; MediaError for all that goes wrong."""
        limits = limits or self.limits
        target = parse(request.url)
        with _time_limits(target.host, limits) as first_byte:
            return self._follow(target, request, sink, limits, first_byte)

    def _follow(
        self, target: Target, request: Request, sink: Sink, limits: Limits, first_byte: gevent.Timeout
    ) -> Fetched:
        start = target.host
        for _ in range(limits.max_redirects + 1):
            with self._opened(target, request, limits) as response:
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or not location:
                    return _received(response, target, sink, limits, first_byte)
                target, request = _redirected(target, request, response.status, location)
        raise MediaError(f"{start}: more than {limits.max_redirects} redirects", "media-too-many-redirects")

    @contextmanager
    def _opened(self, target: Target, request: Request, limits: Limits) -> Iterator[BaseHTTPResponse]:
        pool, response = self._connected(target, request, limits)
        try:
            yield response
        finally:
            response.close()
            pool.close()

    def _connected(
        self, target: Target, request: Request, limits: Limits
    ) -> tuple[HTTPConnectionPool, BaseHTTPResponse]:
        """The next address is tried only where no connection came about: nothing is ever sent twice."""
        failure: MediaError | None = None
        for address in self.guard.checked(target, request.owner):
            pool = self._pool(target, address, limits)
            response = None
            try:
                response = pool.urlopen(
                    request.method,
                    target.path,
                    body=request.body,
                    headers=self._headers(target, request),
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    preload_content=False,
                    decode_content=False,
                )
                return pool, response
            except (NewConnectionError, ConnectTimeoutError) as error:
                failure = _failure(target, error)
            except HTTPError as error:
                raise _failure(target, error) from error
            finally:
                if response is None:
                    pool.close()
        raise failure or MediaError(f"{target.host}: no address to connect to", "media-unreachable")

    def _pool(self, target: Target, address: str, limits: Limits) -> HTTPConnectionPool:
        timeout = Timeout(connect=limits.connect_timeout_s, read=limits.total_timeout_s)
        if target.scheme == "http":
            return PlainPool(address, target.port, timeout=timeout)
        return TlsPool(address, target.port, timeout=timeout, ssl_context=self._tls, server_hostname=target.host)

    def _headers(self, target: Target, request: Request) -> dict[str, str]:
        headers = {"Accept": "*/*", **request.headers, "Host": target.authority}
        headers |= {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"}
        if target.credentials:
            encoded = b64encode(unquote(target.credentials).encode()).decode()
            headers |= {"Authorization": f"Basic {encoded}"}
        return headers


@contextmanager
def _time_limits(host: str, limits: Limits) -> Iterator[gevent.Timeout]:
    """Gives the clock of the first byte; whoever reads it cancels that clock."""
    total = gevent.Timeout.start_new(limits.total_timeout_s)
    first = gevent.Timeout.start_new(limits.first_byte_timeout_s)
    try:
        yield first
    except gevent.Timeout as expired:
        if expired is first:
            why = f"nothing came within {limits.first_byte_timeout_s:g} s"
        elif expired is total:
            why = f"not complete after {limits.total_timeout_s:g} s"
        else:
            raise
        raise MediaError(f"{host}: {why}", "media-timeout") from None
    finally:
        first.close()
        total.close()


def _received(
    response: BaseHTTPResponse, target: Target, sink: Sink, limits: Limits, first_byte: gevent.Timeout
) -> Fetched:
    headers = {name.lower(): value for name, value in response.headers.items()}
    answer = Fetched(response.status, headers, target.url)
    if not 200 <= response.status < 300:
        return answer
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise MediaError(f"{target.host}: sent a compressed body, unasked", "media-unsupported")
    length = headers.get("content-length", "")
    received = int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0
    _check_size(received, target, limits)
    received = 0
    for chunk in _chunks(response, target):
        first_byte.cancel()
        received += len(chunk)
        _check_size(received, target, limits)
        sink(chunk)
        give_way()  # a fast sender must not keep the switch's events waiting
    return answer


def _chunks(response: BaseHTTPResponse, target: Target) -> Iterator[bytes]:
    """As they come: a full buffer is not waited for."""
    while True:
        try:
            chunk = response.read1(_CHUNK_BYTES, decode_content=False)
        except HTTPError as error:
            raise _failure(target, error) from error
        if not chunk:
            return
        yield chunk


def _check_size(size_bytes: int, target: Target, limits: Limits) -> None:
    if size_bytes > limits.max_bytes:
        raise MediaError(f"{target.host}: larger than {limits.max_bytes} bytes", "media-too-large")


def _redirected(target: Target, request: Request, status: int, location: str) -> tuple[Target, Request]:
    """Credentials stay with their origin, and those of a Location are never taken."""
    try:
        joined = urljoin(target.url, location.encode("latin-1").decode("utf-8"))
    except ValueError as error:
        raise MediaError(f"{target.host}: redirects to what is not a URL", "media-invalid-url") from error
    following = parse(joined)
    same_origin = following.origin == target.origin
    following = replace(following, credentials=target.credentials if same_origin else "")
    if not same_origin:
        kept = {name: value for name, value in request.headers.items() if name.lower() not in _SECRET_HEADERS}
        request = replace(request, headers=kept)
    if status not in _KEEP_METHOD and request.method != "HEAD":
        kept = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
        request = replace(request, method="GET", body=None, headers=kept)
    return following, request


def _failure(target: Target, error: HTTPError) -> MediaError:
    """In our words: the library's name the address behind the host."""
    if isinstance(error, SSLError):
        cause = error.args[0] if error.args else None
        reason = getattr(cause, "verify_message", "") or "the TLS handshake failed"
        return MediaError(f"{target.host}: {reason}", "media-unreachable")
    if isinstance(error, NewConnectionError):
        return MediaError(f"{target.host}: no connection to port {target.port}", "media-unreachable")
    if isinstance(error, HttpTimeout):
        return MediaError(f"{target.host}: no answer in time", "media-timeout")
    return MediaError(f"{target.host}: the connection broke off or is not HTTP", "media-unreachable")
