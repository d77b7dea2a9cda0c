"""Places for work: so many at once, apps one after the other, none has them all, and none is ever lost."""

from collections.abc import Callable

import gevent
import pytest
from gevent.event import Event

from gateway.media.slots import Slots
from tests.waiting import wait_for


class Work:
    """What runs, and what ran, by app; each runs until it is let go."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._ends: list[Event] = []
        self.ran: list[str] = []

    def ask(self, app_id: str) -> gevent.Greenlet:
        return gevent.spawn(self._run, app_id)

    def _run(self, app_id: str) -> None:
        with self._slots.taken(app_id):
            self.ran.append(app_id)
            end = Event()
            self._ends.append(end)
            end.wait(10)

    def until(self, condition: Callable[[], bool], why: str) -> None:
        wait_for(condition, f"{why}: {self.ran}")

    def let_go(self) -> None:
        """The one that runs longest ends, and another begins where one waits."""
        self._ends.pop(0).set()
        gevent.sleep(0.002)


def test_an_app_that_asks_for_much_does_not_keep_another_waiting_behind_it() -> None:
    """speech.py: 120 long texts of one app, and another's sentence failed after 30 s of waiting."""
    work = Work(Slots(1, 10.0))
    for _ in range(100):
        work.ask("a")
    work.until(lambda: work.ran == ["a"], "one place is one app's")
    work.ask("b")
    work.ask("c")
    gevent.sleep(0)
    for _ in range(4):
        work.let_go()
    work.until(lambda: len(work.ran) == 5, "each gets its turn")
    assert sorted(work.ran[1:4]) == ["a", "b", "c"] and work.ran[4] == "a"


def test_of_four_places_one_is_always_for_others() -> None:
    work = Work(Slots(4, 10.0))
    for _ in range(10):
        work.ask("a")
    work.until(lambda: len(work.ran) >= 3, "three are at work")
    gevent.idle()
    assert work.ran == ["a"] * 3
    work.ask("b")
    work.until(lambda: work.ran == ["a", "a", "a", "b"], "the fourth is another's")


@pytest.mark.parametrize("places", [1, 2, 3])
def test_of_fewer_an_app_that_is_alone_has_all(places: int) -> None:
    work = Work(Slots(places, 10.0))
    for _ in range(10):
        work.ask("a")
    work.until(lambda: len(work.ran) >= places, "all are at work")
    gevent.idle()
    assert work.ran == ["a"] * places


def test_who_waits_too_long_is_told_and_its_place_is_not_lost() -> None:
    slots = Slots(1, 0.05)
    work = Work(slots)
    work.ask("a")
    gevent.sleep(0)
    with pytest.raises(TimeoutError, match="still waiting for its turn"), slots.taken("b"):
        pass
    work.let_go()
    with slots.taken("b"):
        pass


def test_who_is_killed_while_it_waits_or_just_as_its_turn_comes_leaves_its_place() -> None:
    work = Work(Slots(1, 10.0))
    work.ask("a")
    gevent.sleep(0)
    waiting, chosen = work.ask("a"), work.ask("b")
    gevent.sleep(0)
    waiting.kill()
    work._ends.pop().set()  # the turn is given to b before b can know of it
    gevent.sleep(0)
    chosen.kill()
    work.ask("c")
    work.until(lambda: work.ran[-1] == "c", "the place is free")
