"""The gateway as a process: limits, signals, start and stop. In: Settings. Out: when it has ended."""

import ctypes
import gc
import logging
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import gevent
from gevent.event import Event

from gateway.bootstrap import Gateway
from gateway.config import Settings
from gateway.errors import StoreError
from gateway.services.forgetting import left_behind
from gateway.start_checks import check_start

log = logging.getLogger(__name__)
M_MMAP_THRESHOLD = -3  # malloc.h
LARGE_BLOCK_BYTES = 1_048_576
MAX_FILES = 16_384
YOUNG_OBJECTS = 5_000  # made and not yet gone, before the collector looks at them (Python: 700)


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    gevent.signal_handler(signal.SIGHUP, _stay)
    check_start(settings)
    _allow_many_files()
    _return_large_blocks()
    gateway = Gateway(settings)
    with stopping() as stopped:
        gateway.start()
        _warn_of_forgotten_nodes(gateway, settings)
        _spare_what_stays()
        log.info("listening on %s:%d", settings.listen_address[0], gateway.port)
        stopped.wait()
        gateway.stop()


def _warn_of_forgotten_nodes(gateway: Gateway, settings: Settings) -> None:
    try:
        for sentence in left_behind(gateway.store, [node.id for node in settings.node_list]):
            log.warning("%s", sentence)
    except StoreError as error:
        log.warning("whether calls are left of a node that is no more is not known: %s", error.message)


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that the signals set: begun before what shall be stopped is started, no signal comes too early."""
    stopped = Event()
    handlers = [gevent.signal_handler(number, stopped.set) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield stopped
    finally:
        for handler in handlers:
            handler.cancel()


def _stay() -> None:
    """SIGHUP asks a server to read its settings or reopen its log, or tells it that its terminal was closed.

    Never to end: a log rotation would leave callers without anybody, and systemd, to which it is a clean end, would
    not start us again (Restart=on-failure). There is nothing to reopen, and settings are read once.
    """
    log.info("SIGHUP: nothing to do; settings are read at the start, stop with SIGTERM")


def _allow_many_files() -> None:
    """Each open webhook POST is a file, and with 1,000 endpoints hanging at once the usual 1,024 are too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(MAX_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _return_large_blocks() -> None:
    """glibc keeps freed blocks of up to 32 MB for itself once it has seen one; a list of all members is that large."""
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)


def _spare_what_stays() -> None:
    """What the start has made (modules, routes, statements) stays to the end, and is left alone.

    It is 130,000 objects, through which each full collection went again, 80 ms during which nothing else ran.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
