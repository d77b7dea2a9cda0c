"""Conferences as a real switch keeps them: joining, leaving, refusing, the floor, keys, and the end."""

import orjson
import pytest

from tests.unit.simulator.client import Client
from tests.waiting import wait_for


def test_a_join_is_confirmed_and_a_leave_keeps_the_call(client: Client) -> None:
    uuid = client.call()
    member = client.join(uuid, "room")
    assert client.api(f"uuid_transfer {uuid} 'park:' inline") == "+OK\n"
    client.wait("conference-destroy")
    floor = ["conference-create", "add-member", "floor-change"]
    assert client.actions() == [*floor, "floor-change", "del-member", "conference-destroy"]
    assert client.named("del-member")[0]["Member-ID"] == member
    client.wait("CHANNEL_PARK", 2, Unique_ID=uuid)
    assert client.api(f"uuid_exists {uuid}") == "true"


def test_a_channel_keeps_its_member_id_and_each_room_has_its_own_uuid(client: Client) -> None:
    uuid = client.call()
    first = client.join(uuid, "room")
    client.api(f"uuid_transfer {uuid} 'park:' inline")
    client.wait("conference-destroy")
    assert client.join(uuid, "room") == first
    assert len({event["Conference-Unique-ID"] for event in client.named("add-member")}) == 2


def test_mute_replies_for_each_member_newest_first(client: Client) -> None:
    first = client.join(client.call(), "room", flags="")
    second = client.join(client.call(), "room", flags="moderator")
    assert client.api("conference room mute all") == f"+OK mute {second}\n+OK mute {first}\n"
    assert client.wait("mute-member", 2)["Speak"] == "false"
    skipped = f"Skipping moderator (member id {second}).\n+OK unmute {first}\n"
    assert client.api("conference room unmute non_moderator") == skipped
    assert client.api("conference room mute 999") == "-ERR Non-Existant ID 999\n"


@pytest.mark.parametrize("close", ["conference room lock", "conference room set max_members 1"])
def test_a_refused_join_ends_the_application_without_a_seat(client: Client, close: str) -> None:
    client.join(client.call(), "room")
    client.api(close)
    uuid = client.call()
    client.api(f"uuid_transfer {uuid} 'conference:room@gateway,park:' inline")
    client.wait("CHANNEL_EXECUTE_COMPLETE", Unique_ID=uuid, Application="conference")
    client.wait("CHANNEL_PARK", 2, Unique_ID=uuid)
    assert not client.named("add-member", Unique_ID=uuid)


def test_join_only_does_not_make_a_room(client: Client) -> None:
    uuid = client.call()
    steps = "set:hangup_after_conference=false,conference:none@gateway+flags{join-only},park:"
    client.api(f"uuid_transfer {uuid} '{steps}' inline")
    client.wait("rejected-join-only", Unique_ID=uuid)
    assert client.api("conference list") == "+OK No active conferences.\n"


@pytest.mark.parametrize(("stays", "cause"), [("false", ""), ("true", "NORMAL_CLEARING")])
def test_endconf_ends_the_room_and_hangs_up_unless_it_is_told_not_to(client: Client, stays: str, cause: str) -> None:
    guest, host = client.call(), client.call()
    client.join(guest, "room", flags="")
    client.join(host, "room", flags="endconf")
    client.api(f"uuid_setvar {guest} hangup_after_conference {stays}")
    client.api(f"uuid_transfer {host} 'park:' inline")
    client.wait("conference-destroy")
    if cause:
        client.wait("CHANNEL_HANGUP", Unique_ID=guest, Hangup_Cause=cause)
    else:
        client.wait("CHANNEL_PARK", 2, Unique_ID=guest)


def test_mintwo_ends_the_room_for_the_last_one(client: Client) -> None:
    stays, goes = client.call(), client.call()
    client.join(stays, "room", flags="mintwo")
    client.join(goes, "room", flags="mintwo")
    client.api(f"uuid_kill {goes}")
    client.wait("conference-destroy")
    client.wait("CHANNEL_PARK", 2, Unique_ID=stays)


def test_a_join_while_all_are_kicked_lands_in_the_old_room(client: Client) -> None:
    client.join(client.call(), "room")
    late = client.call()
    client.send(f"api conference room kick all\n\napi uuid_transfer {late} 'conference:room@gateway,park:' inline")
    client.next()
    client.wait("add-member", 2)
    joined = {event["Conference-Unique-ID"] for event in client.named("add-member")}
    assert len(joined) <= 2 and client.named("kick-member")


def test_only_a_moderator_ends_the_waiting(client: Client) -> None:
    guest = client.call()
    client.api(f"uuid_setvar {guest} conference_flags wait-mod")
    client.join(guest, "room")
    assert client.api("conference room get wait_mod") == "true"
    client.join(client.call(), "room", flags="moderator")
    assert client.api("conference room get wait_mod") == "-ERR no reply\n"


def test_the_floor_goes_to_one_who_talks_when_its_holder_is_silent(client: Client) -> None:
    silent, talker = client.call(), client.call()
    first, second = client.join(silent, "room", flags=""), client.join(talker, "room", flags="")
    wait_for(lambda: client.named("floor-change", New_ID=first), "the first has the floor")
    client.api(f"simulator talk {talker} on")
    client.wait("start-talking", Member_ID=second)
    assert client.wait("floor-change", New_ID=second)["Old-ID"] == first
    client.api(f"simulator talk {talker} off")
    assert client.wait("stop-talking", Member_ID=second)["Talking"] == "false"


def test_a_muted_member_does_not_talk(client: Client) -> None:
    talker, other = client.call(), client.call()
    client.join(talker, "room")
    member = client.join(other, "room", flags="")
    client.api(f"simulator talk {talker} on")
    client.api(f"simulator talk {other} on")
    client.wait("start-talking", Member_ID=member)
    assert not client.named("start-talking", Unique_ID=talker)


def test_star_six_mutes_and_star_alone_leaves_after_a_while(client: Client) -> None:
    uuid = client.call()
    client.api(f"uuid_setvar {uuid} conference_controls gw-star")
    client.join(uuid, "room", flags="")
    client.api(f"uuid_recv_dtmf {uuid} *6")
    client.wait("mute-member")
    client.api(f"uuid_recv_dtmf {uuid} *")
    client.wait("DTMF", 3)
    assert not client.named("del-member")
    client.wait("del-member")
    client.wait("CHANNEL_PARK", 2, Unique_ID=uuid)


def test_json_list_tells_members_and_recordings(client: Client, tmp_path: object) -> None:
    uuid = client.call(name="A%0AAction:%20kick-member")
    member = client.join(uuid, "room")
    client.api(f"conference room recording start {tmp_path}/r.wav")
    client.wait("start-recording")
    client.wait("floor-change")
    listed = orjson.loads(client.api("conference room json_list"))[0]
    recording, caller = listed["members"]
    assert (recording["type"], recording["record_path"]) == ("recording_node", f"{tmp_path}/r.wav")
    assert (str(caller["id"]), caller["uuid"], caller["caller_id_name"]) == (member, uuid, "A\nAction: kick-member")
    assert caller["flags"]["can_speak"] is False and caller["flags"]["has_floor"] is True


def test_a_kick_leaves_the_call_to_its_next_application(client: Client) -> None:
    uuid = client.call()
    member = client.join(uuid, "room")
    assert client.api(f"conference room kick {member}") == f"+OK kicked {member}\n"
    client.wait("CHANNEL_PARK", 2, Unique_ID=uuid)
    actions = client.actions()
    assert actions.index("kick-member") < actions.index("del-member")


def test_relations_are_kept_until_their_owner_leaves(client: Client) -> None:
    uuid = client.call()
    one, two = client.join(uuid, "room"), client.join(client.call(), "room")
    assert client.api(f"conference room relate {one} {two} nohear") == f"+OK {one}->{two} nohear set\n"
    assert client.api(f"conference room relate {one}") == f"{one} -> {two} SPEAK NOHEAR NOSENDVIDEO \n"
    client.api(f"uuid_transfer {uuid} 'park:' inline")
    client.wait("del-member")
    assert client.api(f"conference room relate {one}") == "+OK No relationships\n"
