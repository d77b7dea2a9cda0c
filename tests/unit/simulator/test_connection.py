"""One connection: who may speak, what is answered, and in which order replies and events come."""

from collections.abc import Callable

import gevent
from gevent import socket

from gateway.simulator.options import Options
from gateway.simulator.server import SimulatedSwitch
from tests.unit.simulator.client import Client
from tests.waiting import wait_for

Connect = Callable[..., Client]


def test_a_wrong_password_is_refused_with_a_notice(connect: Connect) -> None:
    client = connect(password="")
    assert client.greeting == {"Content-Type": "auth/request"}
    assert client.send("api status") == "-ERR command not found"
    assert client.send("auth nope") == "-ERR invalid"
    client.next()
    assert client.notice.startswith("Disconnected, goodbye.\n")
    assert client.closed.get(timeout=2)


def test_exit_says_bye_and_closes(client: Client) -> None:
    assert client.send("exit") == "+OK bye"
    assert client.closed.get(timeout=2)


def test_unknown_commands_are_refused(client: Client) -> None:
    assert client.send("nosuchcommand") == "-ERR command not found"
    assert client.api("nosuchapi") == "-ERR nosuchapi Command not found!\n"
    assert client.send("event json NOTHING") == "-ERR no keywords supplied"


def test_the_reply_comes_before_the_events_it_causes(client: Client) -> None:
    uuid = client.call()
    client.log.clear()
    client.api(f"uuid_answer {uuid}")
    client.wait("CHANNEL_ANSWER")
    assert client.log[0] == "reply +OK"


def test_a_background_job_is_told_to_subscribers_only(connect: Connect) -> None:
    listener, other = connect(events="BACKGROUND_JOB"), connect(events="CHANNEL_PARK")
    assert other.send("bgapi strepoch\nJob-UUID: my-job") == "+OK Job-UUID: my-job"
    told = listener.wait("BACKGROUND_JOB")
    assert (told["Job-UUID"], told["Job-Command"]) == ("my-job", "strepoch")
    assert told["_body"].isdigit() and told["Content-Length"] == str(len(told["_body"]))
    assert other.api("status") and not other.events


def test_subclasses_and_filters_choose_the_events(connect: Connect) -> None:
    listener = connect(events="CHANNEL_PARK CUSTOM conference::maintenance")
    assert listener.send("filter Action add-member") == "+OK filter added. [Action]=[add-member]"
    uuid = listener.api("simulator call 1 2 x").split()[1]
    listener.api(f"uuid_transfer {uuid} 'conference:r@gateway,park:' inline")
    listener.wait("add-member")
    assert {event.get("Action") for event in listener.events} == {"add-member"}


def test_sequence_numbers_count_every_event(client: Client) -> None:
    client.join(client.call(), "room")
    wait_for(lambda: client.named("floor-change"), "the floor was given")
    numbers = [int(event["Event-Sequence"]) for event in client.events]
    assert numbers == sorted(numbers) and len(set(numbers)) == len(numbers)


def test_a_listener_that_does_not_read_is_cut_off() -> None:
    switch = SimulatedSwitch(options=Options(tick_s=0.0, queue_limit=500, drops_allowed=50))
    switch.start()
    try:
        slow = socket.create_connection(("127.0.0.1", switch.port))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"auth ClueCon\n\nevent json ALL\n\n")
        wait_for(lambda: switch.board.core.bus.wanted("HEARTBEAT"), "the slow listener subscribed")

        def flooded() -> bool:
            for _ in range(200):
                switch.tell("HEARTBEAT", ("Filler", "x" * 1000))
            gevent.sleep(0)
            return not switch.board.core.bus.wanted("HEARTBEAT")

        wait_for(flooded, "the slow listener was dropped", limit_s=20)
        slow.close()
    finally:
        switch.stop()


def test_a_shutdown_ends_calls_with_a_notice_and_the_next_life_is_empty(client: Client, connect: Connect) -> None:
    uuid = client.call()
    assert client.api("shutdown now") == "+OK\n"
    client.wait("CHANNEL_DESTROY", Unique_ID=uuid, Hangup_Cause="SYSTEM_SHUTDOWN")
    client.next()
    assert client.notice == "The system is being shut down.\n"
    assert client.closed.get(timeout=2)
    again: list[Client] = []

    def back() -> bool:
        try:
            again.append(connect())
        except OSError:
            return False
        return True

    wait_for(back, "the switch listens again")
    assert again[0].api("show channels count") == "\n0 total.\n"
