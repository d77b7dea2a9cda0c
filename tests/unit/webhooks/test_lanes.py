"""Lanes against a model of the table: whatever happens in whatever order, each row's turn comes, and not too early."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.deliveries import Ref
from gateway.webhooks.lanes import Lanes
from tests.unit.webhooks.lane_model import World

STEP = st.tuples(st.sampled_from("wwwhhbbrrtttllsck"), st.integers(0, 50), st.integers(0, 50))


def _play(world: World, steps: list[tuple[str, int, int]]) -> None:
    for what, a, b in steps:
        if what == "w":
            world.write(f"room{a % 4}" if a % 5 else "", f"session{b % 6}" if b % 4 else "")
        elif what == "h":
            world.hand(1 + a % 9, b)
        elif what == "m":
            world.commit(1 + a % 6)
        elif what == "e":
            world.tell(b)
        elif what == "i":
            world.keep_back()
        elif what == "b":
            world.begin(whole=a == 0)
        elif what == "r":
            world.read_on(1 + a % 7)
        elif what == "t":
            world.take()
        elif what == "l" and world.flying:
            world.land(a, b % 3 != 0, b * 10)
        elif what == "s":
            world.settle()
        elif what == "c":
            world.now += a * 5
        elif what == "k" and a < 5 and world.reading is None:
            world.lanes.forget_waiting()


@settings(max_examples=5000, deadline=None)
@given(
    st.lists(STEP, max_size=150),
    st.integers(1, 12),
    st.integers(1, 5),
    st.sampled_from([0, 100, 10_000]),
)
def test_never_out_of_order_never_stuck(
    steps: list[tuple[str, int, int]], window: int, depth: int, overlap_ms: int
) -> None:
    """A delivery is due when no undelivered one of the same endpoint with a smaller id shares its room_id or its
    session_uuid."""
    world = World(Lanes(window, depth, overlap_ms))
    _play(world, steps)
    world.drain(allow_whole=False)


def test_a_long_random_life() -> None:
    dice = random.Random(7)
    world = World(Lanes(40, 4, 100))
    for _ in range(20_000):
        what = dice.choice("wwhmeibrrttttllllllsc")
        _play(world, [(what, dice.randrange(51), dice.randrange(51))])
    world.drain(allow_whole=False)
    assert len(world.rows) > 1000


def test_a_blocked_lane_does_not_block_others_though_the_window_is_full_of_its_rows() -> None:
    """A slow or dead endpoint holds back its own lane only."""
    world = World(Lanes(window=10, depth=5))
    for _ in range(5_000):
        world.write("dead", "")
    world.begin()
    world.read_on(10_000)
    assert world.take()
    world.land(0, False, 3_600_000)
    for number in range(30):
        world.write(f"room{number}", "")
    for _ in range(30):
        world.begin()
        world.read_on(10_000)
        while world.take():
            world.land(0, True, 0)
        world.settle()
    assert sum(row.gone for row in world.rows) == 30
    assert world.lanes.held <= 10


def test_a_re_sent_row_goes_before_younger_ones_of_its_lane() -> None:
    """A re-sent dead letter keeps id, sequence and bytes."""
    world = World(Lanes())
    for _ in range(3):
        world.write("room", "")
    world.rows[0].state, world.rows[0].gone = "dead", True
    world.begin()
    world.read_on(100)
    world.rows[0].state, world.rows[0].gone = "pending", False
    world.begin(whole=True)
    world.read_on(100)
    while world.take():
        world.land(0, True, 0)
    assert world.posted == [1, 2, 3]


def test_rows_without_lanes_wait_for_nobody() -> None:
    world = World(Lanes())
    for _ in range(3):
        world.write("", "")
    world.begin()
    world.read_on(100)
    assert all(world.take() for _ in range(3))


def test_rows_just_committed_are_not_read_back() -> None:
    """What this process commits is at hand: where all before it is known, its turn comes without a pass."""
    world = World(Lanes())
    world.hand(3, 100)
    assert not world.take(), "the table may hold rows from before that nobody has read"
    world.drain(allow_whole=False)
    assert not world.lanes.wants_pass()
    world.hand(3, 100)
    assert world.take() and not world.lanes.wants_pass()


def test_more_than_may_be_held_is_read_when_there_is_room() -> None:
    world = World(Lanes(window=4, depth=2))
    world.begin()
    world.read_on(1)
    world.hand(50, 10)
    assert world.lanes.held <= 10
    world.drain(allow_whole=False)
    assert sorted(world.posted) == list(range(1, 51))


def test_rows_committed_during_a_pass_are_taken_in_when_it_ends() -> None:
    world = World(Lanes())
    world.begin()
    world.hand(3, 100)
    assert world.lanes.held == 0
    world.read_on(1)
    assert world.lanes.held == 3
    world.hand(2, 100)
    assert world.lanes.held == 5
    world.drain(allow_whole=False)
    assert not world.lanes.wants_pass()


def test_rows_that_were_not_handed_are_not_overtaken() -> None:
    """An ill endpoint is handed nothing: once it is well, and a pass still under way, there is a hole."""
    world = World(Lanes())
    world.begin()
    world.hand(1, 100)
    world.keep_back()
    world.hand(4, 100)
    world.read_on(1)
    world.drain(allow_whole=False)
    assert sorted(world.posted) == list(range(1, 7))


def test_a_pass_reads_only_to_where_the_rows_at_hand_begin() -> None:
    """However many come meanwhile, a backlog is caught up with."""
    lanes = Lanes(window=10)
    assert lanes.hand([Ref(number, f"room{number}", "", 0, 0) for number in (4, 5)], 100, 0)
    assert lanes.begin(0) == 0
    assert not lanes.admit([Ref(number, f"room{number}", "", 0, 0) for number in range(1, 6)])
    lanes.finish(0, ended=False)
    assert [lanes.take(0) for _ in range(6)] == [(number, 0) for number in range(1, 6)] + [None]
    assert not lanes.wants_pass()


def test_what_is_kept_behind_a_pass_has_a_bound() -> None:
    """Beyond it the rows are read when there is room: none is lost."""
    world = World(Lanes())
    world.begin()
    for _ in range(5):
        world.hand(9, 20)
    world.read_on(1)
    assert world.lanes.held <= 20
    world.drain(allow_whole=False)
    assert sorted(world.posted) == list(range(1, 46))
