"""What holds on one connection beyond the mends: order of replies, losses, logins, guards."""

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent import socket

from gateway.errors import SwitchTimeout, SwitchUnavailable, UnsafeArgument
from gateway.switch.connection import EslConnection, SwitchCounters
from gateway.switch.replies import Reply
from tests.unit.switch.fake_server import FakeSwitch, Peer
from tests.waiting import wait_for

Connect = Callable[..., EslConnection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    opened: list[EslConnection] = []

    def connect(switch: FakeSwitch, password: str = "ClueCon", **options: Any) -> EslConnection:
        defaults: dict[str, Any] = {"on_event": lambda event: None, "on_lost": lambda reason: None}
        client = EslConnection("127.0.0.1", switch.port, password, counters=SwitchCounters(), **(defaults | options))
        opened.append(client)
        client.connect(2)
        return client

    yield connect
    for client in opened:
        client.stop()


def test_a_late_reply_is_not_read_by_the_next_command(connect: Connect) -> None:
    held: list[Peer] = []

    def hold_the_first(peer: Peer, command: str) -> None:
        if command == "api first":
            held.append(peer)
            return
        held[0].api("answer to first")
        peer.api("answer to second")

    with FakeSwitch(hold_the_first) as switch:
        client = connect(switch, reply_timeout_s=0.1)
        with pytest.raises(SwitchTimeout):
            client.request("api first")
        assert client.request("api second", timeout_s=2).text == "answer to second"
        assert client._counters.late_replies == 1


def test_a_command_given_up_by_its_caller_keeps_its_place(connect: Connect) -> None:
    def only_the_second(peer: Peer, command: str) -> None:
        if command == "api second":
            peer.api("late first")
            peer.api("second")

    with FakeSwitch(only_the_second) as switch:
        client = connect(switch)
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.1):  # the caller's own, not ours
            client.request("api first", timeout_s=60)
        assert client.request("api second", timeout_s=2).text == "second"


def test_many_commands_under_way_get_their_own_replies(connect: Connect) -> None:
    with FakeSwitch(lambda peer, command: peer.api(command)) as switch:
        client = connect(switch)
        tasks = [gevent.spawn(client.request, f"api {n}") for n in range(200)]
        gevent.joinall(tasks, timeout=5, raise_error=True)
        assert [task.value.text for task in tasks] == [f"api {n}" for n in range(200)]


def test_every_waiter_fails_at_once_when_the_socket_is_lost(connect: Connect) -> None:
    with FakeSwitch(lambda peer, command: None) as switch:
        client = connect(switch, reply_timeout_s=60)
        tasks = [gevent.spawn(client.request, f"api {n}") for n in range(10)]
        wait_for(lambda: len(switch.peers[0].commands) == 11, "all commands have arrived")
        switch.peers[0].hang_up()
        gevent.joinall(tasks, timeout=2)
        assert all(isinstance(task.exception, SwitchTimeout) for task in tasks)
        with pytest.raises(SwitchUnavailable, match="not connected: closed by the switch"):
            client.request("api status")


def test_a_switch_that_reads_nothing_fails_the_writer_in_time(connect: Connect) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    client = EslConnection(
        "127.0.0.1", listener.getsockname()[1], "x",
        on_event=print, on_lost=lambda reason: None, counters=SwitchCounters(),
    )  # fmt: skip
    with pytest.raises(SwitchUnavailable, match="greet"):
        client.connect(0.05)
    client = EslConnection(
        "127.0.0.1", listener.getsockname()[1], "x",
        on_event=print, on_lost=lambda reason: None, counters=SwitchCounters(),
    )  # fmt: skip
    peers: list[Any] = []

    def greet() -> None:
        listener.accept()[0].close()  # the first client's
        peer = listener.accept()[0]
        peers.append(peer)
        peer.sendall(b"Content-Type: auth/request\n\n")
        peer.recv(100)
        peer.sendall(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")

    task = gevent.spawn(greet)
    client.connect(2)
    task.join()
    big = "api " + "x" * 30_000_000
    with gevent.Timeout(5), pytest.raises(SwitchTimeout, match="takes no more commands; it may have run"):
        client.request(big, timeout_s=0.2)
    # Half a command is on the wire: nothing sane can follow.
    assert client.connected is False
    with pytest.raises(SwitchUnavailable):
        client.request("api status")
    peers[0].close()
    listener.close()


def test_a_wrong_password_is_told_and_never_shown(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    with FakeSwitch() as switch, pytest.raises(SwitchUnavailable) as caught:
        connect(switch, password="s3cret")
    assert caught.value.message == "the switch refused the password"
    assert "s3cret" not in caplog.text


def test_an_acl_refusal_is_told_with_its_body(connect: Connect) -> None:
    refusal = "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n"
    with FakeSwitch(greeting=refusal) as switch, pytest.raises(SwitchUnavailable, match="Access Denied, go away"):
        connect(switch)


def test_nobody_listens_there(connect: Connect) -> None:
    with FakeSwitch() as switch:
        switch.close()
        with pytest.raises(SwitchUnavailable, match="cannot connect"):
            connect(switch)


def test_commands_leave_without_waiting_for_an_ack(connect: Connect) -> None:
    with FakeSwitch() as switch:
        assert connect(switch).sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("text", ["api a\n\napi b", "api a\n", "api a\rb", "api a\0"])
def test_a_text_that_would_be_two_commands_is_refused(connect: Connect, text: str) -> None:
    with FakeSwitch() as switch:
        client = connect(switch)
        with pytest.raises(UnsafeArgument):
            client.request(text)
        assert switch.commands() == ["auth ClueCon"]


def test_a_garbage_frame_is_counted_and_skipped(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    events: list[object] = []
    with FakeSwitch() as switch:
        client = connect(switch, on_event=events.append)
        peer = switch.peers[0]
        peer.frame("text/event-json", b'{"Event-Name": "CUS\nTOM')
        peer.frame("text/event-json", "[1]")
        peer.write("no colon here\nContent-Length: -5\n\n")
        peer.write("Content-Type: no/such\nContent-Length: 3\n\nabc")
        peer.event(Event_Name="HEARTBEAT")
        wait_for(lambda: events == [{"Event-Name": "HEARTBEAT"}], "the good event is here")
        assert client._counters.bad_frames == 3
        assert client.request("api status").ok
    assert '"CUS\\nTOM' in caplog.text


def test_an_absurd_length_ends_the_connection(connect: Connect) -> None:
    with FakeSwitch() as switch:
        client = connect(switch, max_frame_bytes=1000)
        switch.peers[0].write("Content-Type: api/response\nContent-Length: 1001\n\n")
        wait_for(lambda: not client.connected, "the connection is given up")
        assert client.lost_reason == "Content-Length above max_frame_bytes (1001)"


def test_a_reply_that_nobody_asked_for_is_counted(connect: Connect) -> None:
    with FakeSwitch() as switch:
        client = connect(switch)
        switch.peers[0].api("hello")
        wait_for(lambda: client._counters.stray_replies == 1, "it was counted")
        assert client.request("api status").text == "+OK"


def test_events_in_the_same_packet_stay_behind_their_reply(connect: Connect) -> None:
    seen: list[object] = []

    def answer_and_burst(peer: Peer, command: str) -> None:
        event = b'Content-Length: 9\nContent-Type: text/event-json\n\n{"a":"1"}'
        peer.write(event + b"Content-Type: api/response\nContent-Length: 3\n\n+OK" + event)

    with FakeSwitch(answer_and_burst) as switch:
        client = connect(switch, on_event=seen.append)
        client.request("api x", on_reply=seen.append)
        wait_for(lambda: len(seen) == 3, "both events are here")
    assert seen == [{"a": "1"}, Reply("+OK"), {"a": "1"}]
