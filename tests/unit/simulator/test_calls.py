"""Calls: how they arrive, what dialling comes to, applications one in another, clocks, and hangups."""

from collections.abc import Callable

import pytest

from gateway.simulator.options import GATEWAY_DIALPLAN
from gateway.simulator.server import SimulatedSwitch
from tests.unit.simulator.client import Client
from tests.waiting import wait_for

PARK = "&park()"


def executed(client: Client, uuid: str) -> list[str]:
    names = {"CHANNEL_EXECUTE": "+", "CHANNEL_EXECUTE_COMPLETE": "-"}
    mine = [event for event in client.events if event.get("Unique-ID") == uuid and event["Event-Name"] in names]
    return [names[event["Event-Name"]] + event["Application-UUID"] for event in mine if event["Application"] != "park"]


def test_a_caller_is_parked_and_rings_until_it_is_answered(client: Client) -> None:
    uuid = client.call(name="J%C3%BCrgen", number="+4930", to="747")
    parked = client.named("CHANNEL_PARK", Unique_ID=uuid)[0]
    assert (parked["Answer-State"], parked["Call-Direction"]) == ("ringing", "inbound")
    assert (parked["Caller-Caller-ID-Name"], parked["Caller-Destination-Number"]) == ("Jürgen", "747")
    assert client.api(f"uuid_answer {uuid}") == "+OK\n"
    assert client.wait("CHANNEL_ANSWER", Unique_ID=uuid)["Answer-State"] == "answered"


def test_commands_to_a_call_that_is_gone_are_refused(client: Client) -> None:
    uuid = client.call()
    assert client.api(f"uuid_kill {uuid} USER_BUSY") == "+OK\n"
    assert client.wait("CHANNEL_HANGUP_COMPLETE", Unique_ID=uuid)["Hangup-Cause"] == "USER_BUSY"
    assert client.api(f"uuid_exists {uuid}") == "false"
    assert client.api(f"uuid_transfer {uuid} 'park:' inline") == "-ERR No such channel!\n"
    assert client.send(f"sendmsg {uuid}\ncall-command: hangup") == f"-ERR invalid session id [{uuid}]"


@pytest.mark.parametrize(
    ("dialled", "answer"),
    [
        ("null/x", "+OK"),
        ("loopback/answerer/default", "+OK"),
        ("sofia/external/15551230000@127.0.0.1", "+OK"),
        ("sofia/gateway/trunk/15551230000", "+OK"),
        ("loopback/busy/default", "-ERR USER_BUSY\n"),
        ("sofia/external/15551230486@127.0.0.1", "-ERR USER_BUSY\n"),
        ("sofia/external/nobody@127.0.0.1:5999", "-ERR NORMAL_TEMPORARY_FAILURE\n"),
        ("sofia/nosuchprofile/x@127.0.0.1", "-ERR INVALID_PROFILE\n"),
        ("{originate_timeout=0}loopback/noanswer/default", "-ERR NO_ANSWER\n"),
        ("error/CALL_REJECTED|null/second", "+OK"),
        ("nosuch/x", "-ERR CHAN_NOT_IMPLEMENTED\n"),
    ],
)
def test_dialling_comes_to(client: Client, dialled: str, answer: str) -> None:
    assert client.api(f"originate {dialled} {PARK}").startswith(answer)


def test_origination_uuid_is_the_legs(client: Client) -> None:
    assert client.api(f"originate {{origination_uuid=abc-1}}null/x {PARK}") == "+OK abc-1\n"
    client.wait("CHANNEL_PARK", Unique_ID="abc-1")


def test_a_second_message_nests_in_the_first(client: Client) -> None:
    uuid = client.call()
    for number, milliseconds in ((1, 200), (2, 20)):
        told = f"execute-app-name: playback\nexecute-app-arg: silence_stream://{milliseconds}\nEvent-UUID: e{number}"
        assert client.send(f"sendmsg {uuid}\ncall-command: execute\n{told}") == "+OK"
    client.wait("CHANNEL_EXECUTE_COMPLETE", Application_UUID="e1")
    assert executed(client, uuid) == ["+e1", "+e2", "-e2", "-e1"]


def test_a_sleep_does_not_cut_off_what_plays_inside_it(client: Client) -> None:
    """The switch plays it in the sleep's own loop: a call that was sent keys (CI, 2026-11-21) lost its file to it."""
    uuid = client.call()
    for number, name, data in ((1, "sleep", "40"), (2, "playback", "silence_stream://200")):
        told = f"execute-app-name: {name}\nexecute-app-arg: {data}\nEvent-UUID: e{number}"
        assert client.send(f"sendmsg {uuid}\ncall-command: execute\n{told}") == "+OK"
    client.wait("CHANNEL_EXECUTE_COMPLETE", Application_UUID="e1")
    assert client.named("PLAYBACK_STOP", Unique_ID=uuid)[0]["Playback-Status"] == "done"
    assert executed(client, uuid) == ["+e1", "+e2", "-e2", "-e1"]


def test_a_second_broadcast_waits_for_the_first(client: Client) -> None:
    uuid = client.call()
    for _ in range(2):
        assert client.api(f"uuid_broadcast {uuid} silence_stream://20 aleg") == "+OK Message sent\n"
    client.wait("PLAYBACK_STOP", 2)
    order = [event["Event-Name"] for event in client.events if event["Event-Name"].startswith("PLAYBACK")]
    assert order == ["PLAYBACK_START", "PLAYBACK_STOP"] * 2


def test_digits_are_collected(client: Client) -> None:
    uuid = client.call()
    question = "play_and_get_digits\nexecute-app-arg: 1 4 1 3000 # silence_stream://10 silence_stream://10 pin \\d+"
    client.send(f"sendmsg {uuid}\ncall-command: execute\nEvent-UUID: ask\nexecute-app-name: {question}")
    client.wait("PLAYBACK_STOP")
    client.api(f"uuid_recv_dtmf {uuid} 42#")
    client.wait("CHANNEL_EXECUTE_COMPLETE", Application_UUID="ask")
    assert client.api(f"uuid_getvar {uuid} pin") == "42"


def test_a_bridge_that_fails_goes_on_with_continue_on_fail(client: Client) -> None:
    uuid = client.call()
    client.api(f"uuid_transfer {uuid} 'set:continue_on_fail=true,bridge:error/USER_BUSY,park:' inline")
    client.wait("CHANNEL_PARK", 2, Unique_ID=uuid)
    assert client.api(f"uuid_getvar {uuid} originate_disposition") == "USER_BUSY"
    client.api(f"uuid_transfer {uuid} 'set:continue_on_fail=false,bridge:error/USER_BUSY,park:' inline")
    client.wait("CHANNEL_HANGUP", Unique_ID=uuid, Hangup_Cause="USER_BUSY")


def test_a_bridge_ends_with_the_second_leg_and_the_first_goes_on(client: Client) -> None:
    uuid = client.call()
    client.api(f"uuid_transfer {uuid} 'bridge:null/agent,park:' inline")
    agent = client.wait("CHANNEL_BRIDGE", Unique_ID=uuid)["Bridge-B-Unique-ID"]
    client.api(f"uuid_kill {agent}")
    client.wait("CHANNEL_UNBRIDGE", Unique_ID=uuid)
    client.wait("CHANNEL_PARK", 2, Unique_ID=uuid)


def test_the_net_under_a_parked_call_is_gone_when_it_is_parked_anew(client: Client) -> None:
    saved = client.call()
    client.api(f"uuid_transfer {saved} 'set:park_timeout=1:USER_BUSY,park:' inline")
    client.wait("CHANNEL_PARK", 2, Unique_ID=saved)
    lost = client.call()
    client.api(f"uuid_transfer {lost} 'set:park_timeout=1:USER_BUSY,park:' inline")
    client.wait("CHANNEL_PARK", 2, Unique_ID=lost)
    client.api(f"uuid_transfer {saved} 'park:' inline")
    client.wait("CHANNEL_HANGUP", Unique_ID=lost, Hangup_Cause="USER_BUSY")
    assert client.api(f"uuid_exists {saved}") == "true"


def test_clocks_are_kept_by_group_and_can_be_deleted(client: Client) -> None:
    uuid, spared = client.call(), client.call()
    assert client.api(f"sched_hangup +1 {uuid} ALLOTTED_TIMEOUT") == "+OK\n"
    assert client.api(f"sched_hangup +1 {spared} ALLOTTED_TIMEOUT") == "+OK\n"
    assert client.api("sched_api +1 my-group global_setvar was=here").startswith("+OK Added: ")
    assert client.api(f"sched_del {spared}") == "+OK Deleted: 1\n"
    client.wait("CHANNEL_HANGUP", Unique_ID=uuid, Hangup_Cause="ALLOTTED_TIMEOUT")
    assert client.api(f"uuid_exists {spared}") == "true"
    assert client.api("global_getvar was") == "here"


def test_the_gateways_own_configuration_rings_and_parks_with_a_net(switch: SimulatedSwitch, client: Client) -> None:
    object.__setattr__(switch.options, "public_dialplan", GATEWAY_DIALPLAN)
    try:
        uuid = client.call()
        client.wait("CHANNEL_PROGRESS", Unique_ID=uuid)
        assert client.api(f"uuid_getvar {uuid} park_timeout") == "_undef_"  # read and forgotten
    finally:
        object.__setattr__(switch.options, "public_dialplan", (("park", ""),))


def test_a_thousand_callers_arrive_at_once_and_all_join(connect: Callable[..., Client]) -> None:
    count = 1000
    client = connect(events="CUSTOM conference::maintenance")
    client.sock.sendall(b"".join(b"api simulator call 1555%06d 747 x\n\n" % n for n in range(count)))
    uuids = [client.next()[1].split()[1] for _ in range(count)]
    steps = "'conference:room%d@gateway+flags{mute},park:' inline"
    orders = [f"api uuid_transfer {uuid} {steps % (n // 200)}\n\n" for n, uuid in enumerate(uuids)]
    client.sock.sendall("".join(orders).encode())
    assert {client.next()[1] for _ in uuids} == {"+OK\n"}
    wait_for(lambda: client.log.count("event add-member") == count, "all are in", limit_s=20)
    assert client.api("conference room0 mute all").count("+OK mute") == 200
    wait_for(lambda: client.log.count("event mute-member") == 200, "all are muted")
