"""Waiting for replies: one look at all who wait, none where nobody does, and no reply read by the next command."""

import time
from collections.abc import Iterator

import gevent
import pytest

from gateway.errors import SwitchTimeout
from gateway.switch import waiters as module
from gateway.switch.replies import Reply
from gateway.switch.waiters import Waiter, Waiters
from tests.waiting import wait_for


@pytest.fixture
def waiters() -> Iterator[Waiters]:
    made = Waiters()
    watcher = gevent.spawn(made.watch)
    yield made
    made.end(lambda: SwitchTimeout("lost"))
    watcher.join(timeout=5)
    assert watcher.ready(), "it goes on when the connection has ended"


def _asked(waiters: Waiters, limit_s: float) -> tuple[Waiter, gevent.Greenlet]:
    waiter = waiters.add(None)
    return waiter, gevent.spawn(waiters.wait, waiter, limit_s, time.monotonic() + limit_s)


def test_each_has_its_own_limit(waiters: Waiters) -> None:
    patient, long = _asked(waiters, 60.0)
    hasty, short = _asked(waiters, 0.05)
    short.join(timeout=5)
    assert isinstance(short.exception, SwitchTimeout) and "no reply within 0.05 s" in str(short.exception)
    assert (hasty.abandoned, patient.abandoned, long.ready()) == (True, False, False)
    assert waiters.next() is patient and waiters.next() is hasty, "the order of replies is the order of commands"
    patient.take(Reply("+OK"))
    assert long.get(timeout=5) == Reply("+OK")


def test_a_limit_that_is_over_is_seen_however_long_nobody_waited(waiters: Waiters) -> None:
    first, done = _asked(waiters, 5.0)
    gevent.idle()
    assert waiters.next() is first
    first.take(Reply("+OK"))
    done.join(timeout=5)
    wait_for(lambda: not waiters._limited.is_set(), "the watch rests: nobody waits")
    _, late = _asked(waiters, 0.05)
    late.join(timeout=5)
    assert isinstance(late.exception, SwitchTimeout)


def test_who_gave_up_costs_no_more_looks(waiters: Waiters) -> None:
    _, gone = _asked(waiters, 0.05)
    gone.join(timeout=5)
    wait_for(lambda: not waiters._limited.is_set(), "the watch rests, though the late reply may still come")


def test_what_is_posted_has_no_limit(waiters: Waiters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.0)
    posted = waiters.add(None)
    _, waits = _asked(waiters, 0.05)
    waits.join(timeout=5)
    assert not posted.abandoned


def test_the_end_of_the_connection_fails_who_waits(waiters: Waiters) -> None:
    _, task = _asked(waiters, 60.0)
    gevent.idle()
    waiters.end(lambda: SwitchTimeout("the connection was lost"))
    task.join(timeout=5)
    assert isinstance(task.exception, SwitchTimeout) and waiters.next() is None
