"""What must be true of the machine for the settings to work. In: the settings. Out: a sentence for each that is not.

What cannot come right by itself stops the start; what may (a folder that the switch makes later) is said and goes on.
"""

import logging
import os
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from gateway.config import Settings
from gateway.domain.urls import url_fault
from gateway.errors import ConfigError

log = logging.getLogger(__name__)


def check_start(settings: Settings) -> None:
    """Raises ConfigError for what stops the start; makes the folders that are not there yet."""
    if fault := public_url_fault(settings):
        raise ConfigError(fault)
    _make_folder("GATEWAY_DATA_DIR", settings.data_dir)
    _make_folder("GATEWAY_RECORDINGS_DIR", settings.recordings_dir)
    for problem in (public_url_problem(settings), cdr_dir_problem(settings)):
        if problem:
            log.warning("%s", problem)


def public_url_fault(settings: Settings) -> str:
    """Why no link can begin with it, '' when one can."""
    url = settings.public_url
    if url == f"http://{settings.listen}":  # the default; with port 0 it is known when it is bound
        return ""
    if fault := url_fault(url):
        return f"GATEWAY_PUBLIC_URL {url!r} {fault}"
    if urlsplit(url).query or urlsplit(url).fragment:
        return f"GATEWAY_PUBLIC_URL {url!r} must end with its host or a path"
    return ""


def public_url_problem(settings: Settings) -> str:
    """Why a switch cannot follow links that begin with it, '' when it is not known to be so."""
    url = settings.public_url
    host = urlsplit(url).hostname or ""
    far = [node.id for node in settings.node_list if not _is_local(node.host)]
    if far and _is_local(host):
        return f"{url} leads nowhere from the switch on another host ({', '.join(far)}): set GATEWAY_PUBLIC_URL"
    if _address_is(host, lambda address: address.is_unspecified):
        return f"{url} is no address to connect to: set GATEWAY_PUBLIC_URL"
    return ""


def cdr_dir_problem(settings: Settings) -> str:
    directory = Path(settings.cdr_dir)
    if settings.cdr_dir and not (directory.is_dir() and os.access(directory, os.R_OK | os.X_OK)):
        return f"GATEWAY_CDR_DIR: {directory} is no folder that can be read"
    return ""


def _make_folder(name: str, path: str) -> None:
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{name}: {path} cannot be made: {error.strerror}") from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigError(f"{name}: {path} cannot be written to by the user that the gateway runs as")


def _is_local(host: str) -> bool:
    return host == "localhost" or _address_is(host, lambda address: address.is_loopback)


def _address_is(host: str, test: Callable[..., bool]) -> bool:
    try:
        return test(ip_address(host))
    except ValueError:
        return False
