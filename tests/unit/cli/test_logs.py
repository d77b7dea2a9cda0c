"""logs.py: while the database is away the log stays readable, whatever fails meanwhile."""

import logging
from io import StringIO

from gateway.cli.logs import OneLineASecond
from gateway.errors import StoreError, StoreUnavailable


class Seconds:
    """A clock that stands still."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def _logger(clock: Seconds) -> tuple[logging.Logger, StringIO]:
    log, text = logging.Logger("test"), StringIO()
    handler = logging.StreamHandler(text)
    handler.addFilter(OneLineASecond(clock))
    log.addHandler(handler)
    return log, text


def _fails(log: logging.Logger, what: str, error: Exception) -> None:
    try:
        raise error
    except Exception:
        log.exception("%s failed", what)


def test_one_line_a_second_while_the_database_is_away() -> None:
    """38 s without a database wrote 25,000 lines, the same traceback again and again."""
    clock = Seconds()
    log, text = _logger(clock)
    for number in range(50):
        _fails(log, f"job {number}", StoreUnavailable("the database cannot be used for now: it is full"))
    clock.now += 1
    _fails(log, "the last", StoreUnavailable("the database cannot be used for now: it is full"))
    assert text.getvalue().splitlines() == [
        "job 0 failed: the database cannot be used for now: it is full",
        "the last failed: the database cannot be used for now: it is full (49 more such lines were left out)",
    ]


def test_all_else_is_logged_as_it_is() -> None:
    log, text = _logger(Seconds())
    for error in (StoreError("unfit"), ValueError("ours"), StoreError("unfit")):
        _fails(log, "it", error)
    log.warning("nothing raised")
    assert text.getvalue().count("Traceback") == 3 and text.getvalue().count("nothing raised") == 1
