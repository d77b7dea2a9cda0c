"""A node that loses its switch: waiters fail at once, marks tell it, it comes back by itself."""

import gevent
import pytest
from gevent import monkey

from gateway.errors import SwitchTimeout, SwitchUnavailable
from gateway.switch import commands as c
from gateway.switch.link import LinkLimits
from gateway.switch.stream import Connected, Disconnected
from tests.unit.switch.conftest import Start
from tests.unit.switch.fake_server import FakeSwitch, Peer, take_job
from tests.waiting import wait_for

ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
PLAY = c.Play(ROOM, "/s/a.wav", "op-1")


def test_waiters_and_jobs_fail_at_once_when_the_command_connection_is_lost(start: Start) -> None:
    def only_jobs(peer: Peer, command: str) -> None:
        if command.startswith("bgapi"):
            take_job(peer, command)

    with FakeSwitch(only_jobs) as switch:
        running = start(switch, reply_timeout_s=60, job_timeout_s=60)
        tasks = [gevent.spawn(running.node.send, command) for command in (PLAY, PLAY, c.Mute(ROOM, 1))]
        wait_for(lambda: len(switch.commander.commands) == 5, "all three have arrived")
        wait_for(lambda: running.node.jobs_under_way == 2, "both jobs are under way")
        switch.commander.hang_up()
        gevent.joinall(tasks, timeout=2)
        assert all(isinstance(task.exception, SwitchTimeout) for task in tasks)
        # The stream knows nothing of it: no event was missed.
        assert running.marks() == [Connected("acW68", 1)]


def test_both_connections_come_back_by_themselves(start: Start) -> None:
    with FakeSwitch() as switch:
        running = start(switch)
        switch.commander.hang_up()
        wait_for(lambda: not running.node.connected, "the loss is noticed")
        wait_for(lambda: running.node.connected, "the command connection is back")
        switch.subscriber.hang_up()
        wait_for(lambda: running.saw(Connected("acW68", 2)), "the event connection is back")
        lost, reason = Disconnected, "closed by the switch"
        assert running.marks() == [Connected("acW68", 1), lost("acW68", reason), Connected("acW68", 2)]
        assert running.node.send(c.Mute(ROOM, 1)).ok


def test_events_are_subscribed_once_commands_have_a_way(start: Start) -> None:
    """A call that is told of must be taken over at once: found live, when a switch came back and calls came with it."""
    with FakeSwitch() as switch:
        start(switch)
        assert [switch.commander, switch.subscriber] == switch.peers


def test_marks_stand_where_they_belong_in_the_stream(start: Start) -> None:
    with FakeSwitch() as switch:
        running = start(switch)
        first = switch.subscriber
        first.event(n="1")
        first.frame("text/disconnect-notice", "The system is being shut down.\n")
        wait_for(lambda: running.saw(Connected("acW68", 2)), "connected anew")
        switch.subscriber.event(n="2")
        wait_for(lambda: running.saw({"n": "2"}), "the second event is here")
        reason = "the switch hung up: 'The system is being shut down.'"
        assert running.told == [
            Connected("acW68", 1), {"n": "1"}, Disconnected("acW68", reason), Connected("acW68", 2), {"n": "2"},
        ]  # fmt: skip


def test_a_half_dead_peer_is_noticed_within_silence_limit_s(start: Start) -> None:
    limits = LinkLimits(silence_limit_s=0.4, backoff_first_s=0.01, backoff_most_s=0.05, connect_timeout_s=0.2)
    with FakeSwitch() as switch:
        running = start(switch, limits=limits)
        switch.deaf = True
        wait_for(lambda: not running.node.connected, "the silence is noticed", limit_s=2)
        wait_for(lambda: len(running.marks()) > 1, "it is told", limit_s=2)
        assert "silent for" in str(running.marks()[1])
        switch.deaf = False
        wait_for(lambda: running.node.connected, "it is back")


def test_a_quiet_peer_that_answers_is_kept(start: Start) -> None:
    limits = LinkLimits(silence_limit_s=0.2, backoff_first_s=0.01)
    with FakeSwitch() as switch:
        running = start(switch, limits=limits)
        wait_for(lambda: all(p.commands.count("api strepoch") >= 6 for p in switch.peers), "asked six times")
        assert running.marks() == [Connected("acW68", 1)]
        assert running.node.counters.stray_replies == 0


def test_time_in_which_our_own_loop_stood_still_is_no_silence(start: Start) -> None:
    """The answers were there, unread; both healthy connections were dropped when anything held the loop for 10 s."""
    limits = LinkLimits(silence_limit_s=0.4, backoff_first_s=0.01)
    with FakeSwitch() as switch:
        running = start(switch, limits=limits)
        wait_for(lambda: all("api strepoch" in p.commands for p in switch.peers), "asked once")
        asked = [p.commands.count("api strepoch") for p in switch.peers]
        monkey.get_original("time", "sleep")(1.0)  # the fault itself: nothing else runs meanwhile
        wait_for(
            lambda: all(p.commands.count("api strepoch") > n for p, n in zip(switch.peers, asked, strict=True)),
            "asked again, on the same connections",
        )
        assert running.marks() == [Connected("acW68", 1)]
        assert running.node.connected


def test_a_garbage_frame_is_skipped_and_the_stream_goes_on(start: Start) -> None:
    with FakeSwitch() as switch:
        running = start(switch)
        switch.subscriber.frame("text/event-json", b"\xff{not json")
        switch.subscriber.event(n="1")
        wait_for(lambda: running.saw({"n": "1"}), "the event behind the garbage is here")
        assert running.node.counters.bad_frames == 1
        assert running.marks() == [Connected("acW68", 1)]


def test_a_backlog_without_end_drops_the_connection_until_it_is_worked_off(start: Start) -> None:
    with FakeSwitch() as switch:
        running = start(switch, max_backlog_events=100)
        peer = switch.subscriber
        burst = b'Content-Length: 9\nContent-Type: text/event-json\n\n{"a":"1"}' * 200
        peer.write(burst)
        wait_for(lambda: running.node.counters.overflows == 1, "the backlog is full")
        assert running.node.backlog == 101  # 100 and the mark
        assert "events" in running.node.state
        assert not running.node.connected
        told = running.node.drain(1000, 0)
        assert told[-1] == Disconnected("acW68", "max_backlog_events reached")
        wait_for(lambda: running.node.connected, "it is back once there is room")


def test_a_node_that_is_not_there_says_so(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    with FakeSwitch() as switch:
        switch.close()
        running = start(switch, wait=False)
        wait_for(lambda: "cannot connect" in running.node.state, "the state says why")
        with pytest.raises(SwitchUnavailable, match="acW68 commands: cannot connect"):
            running.node.send(c.Mute(ROOM, 1))
        with pytest.raises(SwitchUnavailable, match="acW68 events"):
            running.node.ask(c.ConferenceList())
        assert running.marks() == []
    assert "ClueCon" not in caplog.text


def test_a_refused_subscription_is_no_connection(start: Start) -> None:
    with FakeSwitch(refuse_events=True) as switch:
        running = start(switch, wait=False)
        wait_for(lambda: "refused the subscription" in running.node.state, "the state says why")
        assert running.marks() == []


def test_a_stopped_node_is_quiet(start: Start) -> None:
    with FakeSwitch() as switch:
        node = start(switch).node
        node.stop()
        assert not node.connected
        assert node.drain(10, 0)[-1] == Disconnected("acW68", "stopped")
        with pytest.raises(SwitchUnavailable, match="stopped"):
            node.send(c.Mute(ROOM, 1))
