"""A node against the scripted fake: what goes through its two connections, jobs, and the stream."""

import gevent
import pytest

from gateway.errors import SwitchRefused, SwitchTimeout
from gateway.switch import commands as c
from gateway.switch.replies import job_reply
from gateway.switch.stream import Connected
from tests.unit.switch.conftest import SUBSCRIPTION, Start
from tests.unit.switch.fake_server import FakeSwitch, Peer, do_job, job_uuid_of, take_job
from tests.waiting import wait_for

ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
PLAY = c.Play(ROOM, "/s/a.wav", "op-1")


def test_each_connection_subscribes_once(start: Start) -> None:
    with FakeSwitch() as switch:
        start(switch)
        assert sorted(peer.commands for peer in switch.peers) == [
            ["auth ClueCon", "event json BACKGROUND_JOB"],
            ["auth ClueCon", f"event json {' '.join(SUBSCRIPTION)}"],
        ]


def test_an_api_command_gets_its_reply(start: Start) -> None:
    with FakeSwitch(lambda peer, command: peer.api("+OK mute 3\n")) as switch:
        node = start(switch).node
        assert node.send(c.Mute(ROOM, 3)).text == "+OK mute 3\n"
        assert switch.commander.commands[-1] == f"api conference {ROOM} mute 3"


def test_a_message_goes_as_it_is(start: Start) -> None:
    uuid = "673dab88-324f-48ed-810a-ed188f50f72a"
    execute = c.Execute(uuid, "answer", "", uuid)
    with FakeSwitch(lambda peer, command: peer.reply("+OK")) as switch:
        assert start(switch).node.send(execute).ok
        assert switch.commander.commands[-1] == execute.text


def test_a_refusal_is_raised_or_returned(start: Start) -> None:
    with FakeSwitch(lambda peer, command: peer.api("-ERR Non-Existant ID 999\n")) as switch:
        node = start(switch).node
        with pytest.raises(SwitchRefused) as caught:
            node.send(c.Mute(ROOM, 999))
        assert caught.value.reply == "-ERR Non-Existant ID 999\n"
        assert caught.value.message == "the switch refused Mute: 'Non-Existant ID 999'"
        assert node.send(c.Mute(ROOM, 999), check=False).no_such_member


def test_an_empty_reply_is_a_refusal(start: Start) -> None:
    with FakeSwitch(lambda peer, command: peer.api("")) as switch, pytest.raises(SwitchRefused):
        start(switch).node.send(c.Mute(ROOM, 1))


def test_a_job_gets_its_own_result(start: Start) -> None:
    with FakeSwitch(do_job) as switch:
        node = start(switch).node
        assert node.send(PLAY).text == "+OK done\n"
        assert switch.commander.commands[-1].startswith(f"bgapi {PLAY.text}\nJob-UUID: ")
        assert node.jobs_under_way == 0


def test_jobs_may_end_in_any_order_and_before_their_reply(start: Start) -> None:
    held: list[str] = []

    def backwards(peer: Peer, command: str) -> None:
        held.append(command)
        if len(held) == 20:
            for done in reversed(held):
                peer.job(job_uuid_of(done), f"+OK {done.partition('play ')[2].partition(chr(10))[0]}")
            for taken in held:
                take_job(peer, taken)

    with FakeSwitch(backwards) as switch:
        node = start(switch).node
        plays = [c.Play(ROOM, f"/s/{n}.wav", "op-1") for n in range(20)]
        tasks = [gevent.spawn(node.send, play) for play in plays]
        gevent.joinall(tasks, timeout=5, raise_error=True)
        assert [task.value.data for task in tasks] == [play.text.partition("play ")[2] for play in plays]


def test_a_job_that_the_switch_does_not_take_is_refused(start: Start) -> None:
    with FakeSwitch(lambda peer, command: peer.reply("-ERR permission denied")) as switch:
        node = start(switch).node
        with pytest.raises(SwitchRefused, match="permission denied"):
            node.send(PLAY)
        assert node.jobs_under_way == 0


def test_a_job_is_waited_for_job_timeout_s(start: Start) -> None:
    with FakeSwitch(take_job) as switch:
        node = start(switch, job_timeout_s=0.1).node
        with pytest.raises(SwitchTimeout, match="no result within 0.1 s"):
            node.send(PLAY)
        assert node.jobs_under_way == 0
        assert node.connected


def test_a_job_result_does_not_wait_behind_events(start: Start) -> None:
    """Nobody drains, and the event connection is in the middle of a frame: results come all the same."""
    with FakeSwitch(do_job) as switch:
        running = start(switch)
        for _ in range(5000):
            switch.subscriber.event(Event_Name="CUSTOM")
        switch.subscriber.write("Content-Length: 1000000\nContent-Type: text/event-json\n\n{")
        with gevent.Timeout(2):
            assert running.node.send(PLAY).ok
        wait_for(lambda: running.node.backlog == 5001, "all events and the mark are queued")


def test_a_question_is_answered_in_the_stream(start: Start) -> None:
    with FakeSwitch() as switch:

        def answer(peer: Peer, command: str) -> None:
            peer.event(n="before")
            take_job(peer, command)
            peer.job(job_uuid_of(command), "[]")
            peer.event(n="after")

        switch.script = answer
        running = start(switch)
        job_uuid = running.node.ask(c.ConferenceList())
        wait_for(lambda: running.saw({"n": "after"}), "the event behind the answer is here")
        before, job, _ = running.told[-3:]
        assert before == {"n": "before"}
        assert isinstance(job, dict)
        assert (job_reply(job).job_uuid, job_reply(job).json()) == (job_uuid, [])
        assert switch.subscriber.commands[-1] == f"bgapi conference json_list\nJob-UUID: {job_uuid}"


def test_drain_waits_for_the_first_item_only(start: Start) -> None:
    with FakeSwitch() as switch:
        node = start(switch).node
        assert node.drain(10, 2) == [Connected("acW68", 1)]
        assert node.drain(10, 0.01) == []
        task = gevent.spawn(node.drain, 2, 5)
        for n in "123":
            switch.subscriber.event(n=n)
        wait_for(lambda: task.ready(), "the drain came back")
        assert task.value[0] == {"n": "1"}
