"""Limits that are looked at together: thrown where one is passed, and nowhere else; and turns that are given."""

import socket
import time

import gevent
import pytest
from gevent.event import Event

from gateway.time_limits import OutOfTime, TimeLimits, give_way
from tests.waiting import wait_for


def test_who_waits_too_long_is_told_where_it_waits() -> None:
    limits, told = TimeLimits(), []

    def work(limit_s: float) -> None:
        limits.begin(limit_s)
        try:
            try:
                Event().wait()
            except Exception:  # noqa: BLE001 - as code between the limit and the wait may have it
                told.append("taken for an error of its own")
        except OutOfTime:
            told.append(f"{limit_s:g}")
        finally:
            limits.end()

    for limit_s in (0.02, 0.2, 0.0):
        gevent.spawn(work, limit_s)
    wait_for(lambda: len(told) >= 3, "each is told")
    assert sorted(told) == ["0", "0.02", "0.2"]


def test_a_limit_that_was_ended_is_none() -> None:
    """Not for what the greenlet does next, either; and one that was killed while it waited has none any more."""
    limits, go_on = TimeLimits(), Event()

    def late() -> None:
        limits.begin(0.2)
        with pytest.raises(OutOfTime):
            Event().wait()
        limits.end()

    def well() -> str:
        limits.begin(0.1)
        limits.end()
        go_on.wait()
        return "well"

    def killed() -> None:
        limits.begin(0.1)
        try:
            Event().wait()
        finally:
            limits.end()

    greenlets = [gevent.spawn(work) for work in (late, well, killed)]
    gevent.idle()
    greenlets[2].kill()
    greenlets[0].get(timeout=5)
    go_on.set()
    assert greenlets[1].get(timeout=5) == "well"
    assert isinstance(greenlets[2].value, gevent.GreenletExit)


def test_no_timer_runs_while_nobody_waits() -> None:
    limits = TimeLimits()
    limits.begin(60)
    assert limits.watching
    limits.end()
    wait_for(lambda: not limits.watching, "the look that finds nobody is the last", 5)
    limits.begin(0.01)
    with pytest.raises(OutOfTime):
        gevent.sleep(5)
    limits.end()


def test_who_gives_way_lets_timers_and_sockets_have_their_turn() -> None:
    """Which gevent.sleep(0) does not: they waited for 50 turns of 7 ms."""
    here, there = socket.socketpair()
    woken: list[str] = []

    def sleeper() -> None:
        gevent.sleep(0.001)
        woken.append("timer")

    def reader() -> None:
        here.recv(1)
        woken.append("socket")

    waiting = [gevent.spawn(sleeper), gevent.spawn(reader)]
    gevent.sleep(0.001)
    there.send(b"x")
    for _ in range(10):
        until = time.monotonic() + 0.007
        while time.monotonic() < until:
            pass
        give_way()
    assert sorted(woken) == ["socket", "timer"]
    gevent.joinall(waiting)
    here.close()
    there.close()
