"""Where a URL may lead, without I/O. In: a URL or an address. Out: its parts and kind, or MediaError.

Used for audio, answer and callback URLs and webhooks alike; guard.py adds the resolver.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, urlsplit, urlunsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from gateway.config import Settings
from gateway.errors import MediaError

Address = IPv4Address | IPv6Address

PUBLIC, PRIVATE, LOOPBACK, SHARED, LINK_LOCAL = "public", "private", "loopback", "shared", "link-local"
MULTICAST, RESERVED, UNSPECIFIED, TUNNEL = "multicast", "reserved", "unspecified", "tunnel"
# What GATEWAY_ALLOW_PRIVATE_URLS opens. Link-local stays shut (cloud metadata) but for the allow list.
_OPENED_BY_ALLOW_PRIVATE = frozenset({PRIVATE, LOOPBACK, SHARED})

# IANA's special-purpose registries as a table of our own: Python's is_private differs between 3.11 and 3.13.
_RANGES = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/32", UNSPECIFIED),
        ("0.0.0.0/8", RESERVED),
        ("10.0.0.0/8", PRIVATE),
        ("100.64.0.0/10", SHARED),
        ("127.0.0.0/8", LOOPBACK),
        ("168.63.129.16/32", LINK_LOCAL),  # Azure's host: public by its number, reachable from inside only
        ("169.254.0.0/16", LINK_LOCAL),
        ("172.16.0.0/12", PRIVATE),
        ("192.0.0.0/24", RESERVED),
        ("192.0.2.0/24", RESERVED),
        ("192.88.99.0/24", TUNNEL),
        ("192.168.0.0/16", PRIVATE),
        ("198.18.0.0/15", PRIVATE),
        ("198.51.100.0/24", RESERVED),
        ("203.0.113.0/24", RESERVED),
        ("224.0.0.0/4", MULTICAST),
        ("240.0.0.0/4", RESERVED),
        ("::/128", UNSPECIFIED),
        ("::1/128", LOOPBACK),
        ("64:ff9b:1::/48", TUNNEL),
        ("2001::/23", RESERVED),  # Teredo is in here
        ("2001:db8::/32", RESERVED),
        ("2002::/16", TUNNEL),  # 6to4
        ("3fff::/20", RESERVED),
        ("fc00::/7", PRIVATE),
        ("fe80::/10", LINK_LOCAL),
        ("fec0::/10", PRIVATE),
        ("ff00::/8", MULTICAST),
    )
)
_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ip_network("2000::/3")

# The "bad ports" of the Fetch standard: other protocols live there.
_BAD_PORTS = frozenset(
    int(port)
    for port in (
        "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 "
        "113 115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 "
        "540 548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 "
        "5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080"
    ).split()
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
MAX_URL_CHARS = 8192  # a redirect's signed URL is longer than what an app may have kept


@dataclass(frozen=True)
class Target:
    """One hop, read once: what is checked is connected to. `host` is lower-case ASCII without brackets."""

    scheme: str
    host: str
    port: int
    path: str  # with the query, as sent
    credentials: str = ""  # user:password of the URL; sent to this origin only

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Without credentials and fragment."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse(url: str) -> Target:
    """MediaError `media-invalid-url` unless it is a whole http(s) URL."""
    if len(url) > MAX_URL_CHARS:
        raise _invalid(f"the URL has more than {MAX_URL_CHARS} characters")
    if any(char <= " " or char == "\x7f" or char == "\\" for char in url):
        raise _invalid("the URL holds a space, a backslash or a control character")
    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise _invalid("not a URL") from error
    scheme, host = parts.scheme or "", (parts.host or "").strip("[]").rstrip(".")
    if scheme not in _DEFAULT_PORTS:
        raise _invalid("a URL must begin with http:// or https://")
    if not _is_host(host):
        raise _invalid("the URL names no valid host")
    port = _DEFAULT_PORTS[scheme] if parts.port is None else parts.port
    if not 0 < port < 65536:
        raise _invalid(f"{host}: port {port} does not exist")
    return Target(scheme, host, port, parts.request_uri, parts.auth or "")


def as_sent(url: str) -> str:
    """`url` in ASCII, as it goes over the wire and as its receiver sees it; what is ASCII stays as it is written.

    Raises MediaError for a host that has no such form.
    """
    if url.isascii():
        return url
    try:
        parts = urlsplit(url)
        place = parts.netloc if parts.netloc.isascii() else _authority_as_sent(parts.netloc)
    except ValueError as error:
        raise _invalid("the URL names no valid host") from error
    path, query, fragment = (_BEYOND_ASCII.sub(_quoted, text) for text in parts[2:])
    return urlunsplit((parts.scheme, place, path, query, fragment))


def as_seen(url: str) -> str:
    """`url` as its receiver sees it where it is sent as it is written: without credentials and fragment."""
    parts = urlsplit(as_sent(url))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", parts.query, ""))


def _authority_as_sent(authority: str) -> str:
    found = parse_url(f"//{authority}")
    if not _is_host((found.host or "").rstrip(".")):
        raise ValueError("no host")
    return found.authority or ""


def _quoted(found: re.Match[str]) -> str:
    return quote(found[0])


def _is_host(host: str) -> bool:
    if ":" in host:
        return "%" not in host and literal(host) is not None
    return len(host) <= 253 and _HOST_NAME.fullmatch(host) is not None


def _invalid(why: str) -> MediaError:
    return MediaError(why, "media-invalid-url")


def literal(host: str) -> Address | None:
    """The address that `host` spells; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def plain(address: Address) -> Address:
    """The IPv4 address inside a mapped or NAT64 one, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(address.packed[-4:]) if address in _NAT64 else address


def kind_of(address: Address) -> str:
    """`public`, or why it is not."""
    address = plain(address)
    for network, kind in _RANGES:
        if address in network:
            return kind
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return RESERVED
    return PUBLIC


class AddressPolicy:
    """`allowed` holds networks (`10.1.0.0/16`), addresses, host names, `*.suffix` for all below a name."""

    def __init__(self, allow_private: bool = False, allowed: Iterable[str] = ()) -> None:
        self._opened = _OPENED_BY_ALLOW_PRIVATE if allow_private else frozenset()
        entries = [entry.strip().lower().rstrip(".") for entry in allowed if entry.strip()]
        self._networks = [ip_network(entry, strict=False) for entry in entries if _is_network(entry)]
        names = [entry for entry in entries if not _is_network(entry)]
        self._names = frozenset(name for name in names if not name.startswith("*."))
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))

    def check_target(self, target: Target) -> None:
        """What can be said before the name is resolved; MediaError `media-forbidden-address`."""
        if not self._is_for_http(target.host, target.port):
            raise _forbidden(f"{target.host}: port {target.port} is not allowed")
        address = literal(target.host)
        if address is not None:
            self.check_address(target.host, address)

    def check_address(self, host: str, address: Address) -> None:
        """The message names the host, never the address behind it, which may be a private network's."""
        if not self.allows(host, address):
            raise _forbidden(f"{host}: its address is private or reserved, which is not allowed")

    def allows(self, host: str, address: Address) -> bool:
        kind = kind_of(address)
        if kind == PUBLIC or kind in self._opened or self._is_named(host):
            return True
        return any(plain(address) in network for network in self._networks)

    def admits(self, host: str, port: int, address: Address) -> bool:
        """Whether what a host was resolved to may be connected to."""
        return self._is_for_http(host, port) and self.allows(host, address)

    def _is_for_http(self, host: str, port: int) -> bool:
        return port not in _BAD_PORTS or self._is_named(host)

    def _is_named(self, host: str) -> bool:
        return host in self._names or host.endswith(self._suffixes)


def policy_of(settings: Settings) -> AddressPolicy:
    """What GATEWAY_ALLOW_PRIVATE_URLS and GATEWAY_ALLOWED_ADDRESSES open, for every URL that an app names."""
    return AddressPolicy(settings.allow_private_urls, settings.allowed_address_list)


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _forbidden(message: str) -> MediaError:
    return MediaError(message, "media-forbidden-address")
