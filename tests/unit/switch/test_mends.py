"""Each fault of greenswitch 0.0.19: one test shows it on the bare library, one that our subclass holds."""

import io
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from greenswitch import esl

from gateway.errors import SwitchTimeout, SwitchUnavailable
from gateway.switch import frames
from gateway.switch.connection import EslConnection, SwitchCounters
from tests.unit.switch.fake_server import FakeSwitch, Peer
from tests.waiting import wait_for

SOON_S = 0.3  # how long a bounded look at something endless takes

FORGED = (
    b"Event-Name: CUSTOM\nConference-Name: mine\n"
    b"Caller-Caller-ID-Name: Eve%0AAction%3A%20kick-member%0AConference-Name%3A%20victim\n\n"
)
JOB_RESULT = b"Event-Name: BACKGROUND_JOB\nJob-UUID: 1\nContent-Length: 29\n\n-ERR no\nJob-UUID: forged\nx: y\n"


@pytest.fixture
def bare() -> Iterator[Any]:
    """Connects bare greenswitch; its greenlets and sockets are put away by hand, as stop() may block."""
    opened: list[Any] = []

    def connect(switch: FakeSwitch) -> Any:
        client = esl.InboundESL("127.0.0.1", switch.port, "ClueCon")
        opened.append(client)
        with gevent.Timeout(2):
            client.connect()
        return client

    yield connect
    for client in opened:
        close_bare(client)


def close_bare(client: Any) -> None:
    for greenlet in (client._receive_events_greenlet, client._process_events_greenlet):
        if greenlet is not None:
            greenlet.kill()
    client.sock_file.close()
    client.sock.close()


@pytest.fixture
def ours() -> Iterator[Any]:
    opened: list[EslConnection] = []

    def connect(switch: FakeSwitch, **options: Any) -> EslConnection:
        events: list[frames.Event] = []
        client = EslConnection(
            "127.0.0.1", switch.port, "ClueCon", on_event=events.append, on_lost=lambda reason: None,
            counters=SwitchCounters(), **options,
        )  # fmt: skip
        client.events = events
        opened.append(client)
        client.connect(2)
        return client

    yield connect
    for client in opened:
        client.stop()


def hang_up(peer: Peer, command: str) -> None:
    peer.hang_up()


def test_bare_send_blocks_for_ever_when_the_socket_drops(bare: Any) -> None:
    with FakeSwitch(hang_up) as switch, pytest.raises(gevent.Timeout), gevent.Timeout(SOON_S):
        bare(switch).send("api status")


def test_send_fails_at_once_when_the_socket_drops(ours: Any) -> None:
    with FakeSwitch(hang_up) as switch, gevent.Timeout(2), pytest.raises(SwitchTimeout, match="may have run"):
        ours(switch, reply_timeout_s=60).send("api status")


def test_bare_spins_on_a_body_that_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = []

    def count(*args: object) -> None:
        rounds.append(1)
        if len(rounds) > 1000:  # it would never come back by itself, nor let another greenlet run
            raise OverflowError

    monkeypatch.setattr(esl.logging, "warn", count)
    with pytest.raises(OverflowError):
        esl.ESLProtocol._read_socket(io.BytesIO(b"short"), 100)


def test_a_body_that_is_cut_short_is_the_end_of_the_connection(ours: Any) -> None:
    def cut_short(peer: Peer, command: str) -> None:
        peer.write("Content-Type: api/response\nContent-Length: 100\n\nshort")
        peer.hang_up()

    with FakeSwitch(cut_short) as switch:
        client = ours(switch)
        with pytest.raises(SwitchTimeout):
            client.send("api status")
        assert client.lost_reason.startswith("closed by the switch in the middle of a frame")
        assert client.connected is False


def answer_latin1(peer: Peer, command: str) -> None:
    peer.api(b"caf\xe9")


def test_bare_loses_its_reader_on_a_byte_that_is_not_utf8(bare: Any) -> None:
    with FakeSwitch(answer_latin1) as switch:
        client = bare(switch)
        with pytest.raises(gevent.Timeout), gevent.Timeout(SOON_S):
            client.send("api status")
        assert client._receive_events_greenlet.dead
        assert client.connected is True


def test_a_byte_that_is_not_utf8_is_replaced(ours: Any) -> None:
    with FakeSwitch(answer_latin1) as switch:
        client = ours(switch)
        assert client.send("api status").text == "caf\ufffd"
        switch.peers[0].frame("text/event-json", b'{"a":"\xe9"}')
        wait_for(lambda: client.events == [{"a": "\ufffd"}], "the event is here")
        assert client.send("api status").text == "caf\ufffd"


def test_bare_lets_a_display_name_overwrite_the_conference_name() -> None:
    assert esl.ESLEvent(FORGED.decode()).headers["Conference-Name"] == "victim"


def test_a_display_name_stays_a_display_name() -> None:
    event = frames.plain_event(FORGED)
    assert event["Conference-Name"] == "mine"
    assert event["Caller-Caller-ID-Name"] == "Eve\nAction: kick-member\nConference-Name: victim"
    assert "Action" not in event


def test_bare_merges_the_body_of_a_job_into_its_headers() -> None:
    assert esl.ESLEvent(JOB_RESULT.decode()).headers["Job-UUID"] == "forged"


def test_the_body_of_a_job_is_its_body() -> None:
    event = frames.plain_event(JOB_RESULT)
    assert event["Job-UUID"] == "1"
    assert event["_body"] == "-ERR no\nJob-UUID: forged\nx: y"


def send_json_event(peer: Peer, command: str) -> None:
    peer.frame("text/event-json", '{"Event-Name":"HEARTBEAT"}')
    peer.api("+OK")


def test_bare_raises_on_a_json_event(bare: Any) -> None:
    with FakeSwitch(send_json_event) as switch:
        client = bare(switch)
        with pytest.raises(gevent.Timeout), gevent.Timeout(SOON_S):
            client.send("api status")
        assert client._receive_events_greenlet.dead


def test_a_json_event_is_a_dict(ours: Any) -> None:
    with FakeSwitch(send_json_event) as switch:
        client = ours(switch)
        assert client.send("api status").ok
        assert client.events == [{"Event-Name": "HEARTBEAT"}]


GOODBYE = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"


def say_goodbye(peer: Peer, command: str) -> None:
    peer.write(f"Content-Type: text/disconnect-notice\nContent-Length: {len(GOODBYE)}\n\n{GOODBYE}")
    peer.reply("+OK bye")


def test_bare_reads_the_body_of_a_disconnect_notice_as_the_next_frame(bare: Any) -> None:
    with FakeSwitch(say_goodbye) as switch:
        client = bare(switch)
        with pytest.raises(gevent.Timeout), gevent.Timeout(SOON_S):
            client.send("exit")
        assert client._receive_events_greenlet.dead  # on the frame behind the notice


def test_the_body_of_a_disconnect_notice_is_the_reason(ours: Any) -> None:
    with FakeSwitch(say_goodbye) as switch:
        client = ours(switch)
        with pytest.raises(SwitchTimeout):
            client.send("exit")
        assert "Disconnected, goodbye." in client.lost_reason
        assert "\n" not in client.lost_reason


class ShortSocket:
    """A socket whose buffer is nearly full: send() takes three bytes at a time, as send() may."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock

    def send(self, data: bytes, *how: Any) -> int:
        return int(self.sock.send(data[:3], *how))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


def test_bare_sends_only_what_one_send_takes(bare: Any) -> None:
    with FakeSwitch() as switch:
        client = bare(switch)
        client.sock = ShortSocket(client.sock)
        with pytest.raises(gevent.Timeout), gevent.Timeout(SOON_S):
            client.send("api status")
        assert switch.commands() == ["auth ClueCon"]


def test_all_of_a_command_is_sent(ours: Any) -> None:
    with FakeSwitch() as switch:
        client = ours(switch)
        client.sock = ShortSocket(client.sock)
        assert client.send("api status").ok
        assert switch.commands() == ["auth ClueCon", "api status"]


def test_bare_waits_for_ever_for_a_greeting() -> None:
    with FakeSwitch(greeting=None) as switch:
        client = esl.InboundESL("127.0.0.1", switch.port, "ClueCon", timeout=0.1)
        with pytest.raises(gevent.Timeout), gevent.Timeout(SOON_S):
            client.connect()
        close_bare(client)


def test_a_switch_that_does_not_greet_is_given_up(ours: Any) -> None:
    with FakeSwitch(greeting=None) as switch:
        client = EslConnection(
            "127.0.0.1", switch.port, "ClueCon",
            on_event=print, on_lost=lambda reason: None, counters=SwitchCounters(),
        )  # fmt: skip
        with gevent.Timeout(2), pytest.raises(SwitchUnavailable, match="did not greet in time"):
            client.connect(timeout_s=0.1)
        assert client.connected is False


def test_bare_waits_for_ever_for_a_reply(bare: Any) -> None:
    with FakeSwitch(lambda peer, command: None) as switch, pytest.raises(gevent.Timeout), gevent.Timeout(SOON_S):
        bare(switch).send("api status")


def test_a_reply_is_waited_for_reply_timeout_s(ours: Any) -> None:
    with FakeSwitch(lambda peer, command: None) as switch, gevent.Timeout(2):
        client = ours(switch, reply_timeout_s=0.1)
        with pytest.raises(SwitchTimeout, match="no reply within 0.1 s"):
            client.send("api status")
        assert client.connected is True


def test_the_reader_never_outlives_connected(ours: Any) -> None:
    """greenswitch's reader may die of anything while `connected` stays True."""
    with FakeSwitch(send_json_event) as switch:
        client = ours(switch)
        client._on_event = None  # a bug of ours: calling it raises in the reader
        with pytest.raises(SwitchTimeout):
            client.send("api status")
        wait_for(lambda: client._receive_events_greenlet.dead, "the reader ended")
        assert client.connected is False
