"""From a host to the addresses that may be connected to. In: a Target. Out: checked addresses, or MediaError.

The name is resolved once; whoever connects must connect to what comes out, never to the name again.
"""

import logging
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import gevent

from gateway.errors import MediaError
from gateway.media.addresses import AddressPolicy, Target, literal

log = logging.getLogger(__name__)
# (host, port, whose the URL is) -> addresses.
Resolver = Callable[[str, int, str], Sequence[str]]
_MOST_ADDRESSES = 4  # that are tried


def system_resolver(host: str, port: int, _owner: str) -> list[str]:
    """For hosts that the operator names: it takes a thread of gevent's own pool, which the disk and speech use, too."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Asked before each connection: whatever a URL leads to passes here, each redirect anew."""

    def __init__(
        self,
        policy: AddressPolicy,
        resolver: Resolver = system_resolver,
        resolve_timeout_s: float = 5.0,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._resolve_timeout_s = resolve_timeout_s

    def checked(self, target: Target, owner: str = "") -> tuple[str, ...]:
        """All addresses of the host, each checked: one forbidden address forbids the host."""
        self._policy.check_target(target)
        address = literal(target.host)
        if address is not None:
            return (str(address),)
        found = self._resolved(target, owner)
        for text in found:
            try:
                self._policy.check_address(target.host, ip_address(text.partition("%")[0]))
            except MediaError:
                log.warning("refused to connect to %s: it resolves to %s", target.host, text)
                raise
        return tuple(found[:_MOST_ADDRESSES])

    def _resolved(self, target: Target, owner: str) -> Sequence[str]:
        limit = gevent.Timeout.start_new(self._resolve_timeout_s)
        try:
            found = self._resolver(target.host, target.port, owner)
        except gevent.Timeout as expired:
            if expired is not limit:
                raise
            raise MediaError(f"{target.host}: the name was not resolved in time", "media-timeout") from None
        except (OSError, UnicodeError) as error:
            raise MediaError(f"{target.host}: the name cannot be resolved", "media-unreachable") from error
        finally:
            limit.close()
        if not found:
            raise MediaError(f"{target.host}: the name has no address", "media-unreachable")
        return found
