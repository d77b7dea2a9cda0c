"""Commands to one member of a room beyond the contract (issue 4), over the whole gateway."""

import json
from typing import Any

import pytest
import requests

from gateway.domain.ids import new_uuid
from gateway.services.commands import Asked
from tests.flow.house import House, Json, channel, ok, refused
from tests.waiting import wait_for


def member(house: House, room: str, session: str, command: str, body: Any = None) -> requests.Response:
    return house.app.post(f"/conferences/{room}/members/{session}/{command}", body)


def details(house: House, room: str, session: str) -> Json:
    return ok(house.app.get(f"/conferences/{room}/members/{session}"), 200)


def flags(house: House, room: str, session: str) -> Json:
    """Of the member, as the switch lists it."""
    for conference in json.loads(house.switch.api("conference json_list")):
        for one in conference["members"]:
            if conference["conference_name"] == room and one.get("uuid") == channel(session):
                return dict(one["flags"], id=one["id"])
    raise AssertionError(f"{session} is not in {room}")


def told(house: House, event: str, session: str) -> Json:
    data: Json = house.sink.wait_for_event(event, session_uuid=session)["data"]
    house.forget_cooldowns()
    return data


def test_deaf_and_undeaf(house: House) -> None:
    room = house.app.room("deaf")
    session = house.join(room)
    answer = ok(member(house, room, session, "deaf", {"command_uid": "ears"}), 202)
    assert answer == {"status": "deafened", "room_id": room, "uuid": session, "command_uid": "ears"}
    data = told(house, "conference.member.deafened", session)
    assert data == {
        "room_id": room, "name": "deaf", "uuid": session, "deaf": True, "by": "app", "command_uid": "ears",
    }  # fmt: skip
    assert flags(house, room, session)["can_hear"] is False and details(house, room, session)["deaf"] is True
    refused(member(house, room, session, "deaf"), 409, "already-deafened")
    ok(member(house, room, session, "undeaf"), 202)
    told(house, "conference.member.undeafened", session)
    assert flags(house, room, session)["can_hear"] is True and details(house, room, session)["deaf"] is False


def test_hold_with_music_and_back(house: House) -> None:
    """ "`deaf ID quiet` + `hold ID FILE`, FILE again at each play-file-member-done", told as held alone."""
    room = house.app.room()
    session, other = house.join(room), house.join(room)
    music = house.jukebox.url(0.2)
    ok(member(house, room, session, "hold", {"music_url": music}), 202)
    assert told(house, "conference.member.held", session)["by"] == "app"

    def plays() -> list[str]:
        return [line for line in house.switch.lines if line.startswith(f"conference {room} play ")]

    wait_for(lambda: len(plays()) >= 3, "the music begins again and again")
    assert flags(house, room, session)["can_hear"] is False and flags(house, room, session)["hold"] is True
    refused(member(house, room, session, "hold"), 409, "already-held")
    refused(member(house, room, session, "undeaf"), 409, "member-held")
    ok(member(house, room, session, "unhold"), 202)
    told(house, "conference.member.unheld", session)
    wait_for(lambda: flags(house, room, session)["can_hear"], "it hears the room again")
    silent_since = len(plays())
    house.command(other, "unmute", "conference.member.unmuted")
    assert len(plays()) == silent_since, "the music is over"
    refused(member(house, room, session, "unhold"), 409, "not-held")
    names = house.sink.names(session_id=session)
    assert "conference.member.deafened" not in names and "conference.member.undeafened" not in names


def test_music_that_cannot_be_had(house: House) -> None:
    room = house.app.room()
    session = house.join(room)
    ok(member(house, room, session, "hold", {"music_url": house.jukebox.missing()}), 202)
    told(house, "conference.member.held", session)
    told(house, "playback.failed", session)
    wait_for(lambda: not flags(house, room, session)["can_hear"], "held all the same")


def test_volume_of_a_member(house: House) -> None:
    room = house.app.room()
    session = house.join(room)
    for wrong in ({"direction": "in", "level": 5}, {"direction": "up", "level": 1}, {"direction": "in"}):
        refused(member(house, room, session, "volume", wrong), 400, "invalid-input")
    ok(member(house, room, session, "volume", {"direction": "in", "level": -4, "command_uid": "low"}), 202)
    data = told(house, "conference.member.volume_changed", session)
    assert (data["direction"], data["level"], data["command_uid"]) == ("in", -4, "low")
    known = details(house, room, session)
    assert (known["volume_in"], known["volume_out"]) == (-4, 0)


def test_the_floor_is_claimed(house: House) -> None:
    room = house.app.room()
    sessions = [house.join(room) for _ in range(3)]
    wait_for(lambda: any(details(house, room, one)["floor"] for one in sessions), "somebody has the floor")
    holder = next(one for one in sessions if details(house, room, one)["floor"])
    wants = next(one for one in sessions if one != holder)
    assert ok(member(house, room, holder, "floor"), 200)["status"] == "already_held"
    assert ok(member(house, room, wants, "floor", {"command_uid": "mine"}), 202)["status"] == "floor_claimed"
    wait_for(lambda: details(house, room, wants)["floor"], "it has the floor")

    def last() -> Json:
        return dict(house.sink.find("conference.floor_changed", room_id=room)[-1]["data"])

    wait_for(lambda: last()["uuid"] == wants, "it is told")
    assert last()["command_uid"] == "mine"


def test_a_kicked_call_goes_on(house: House) -> None:
    room = house.app.room()
    session, stays = house.join(room), house.join(room)
    assert ok(member(house, room, session, "kick", {"command_uid": "out"}), 202)["status"] == "kicked"
    data = told(house, "conference.member.left", session)
    assert (data["reason"], data["cause"], data["command_uid"]) == ("removed", "kick", "out")
    assert ok(house.app.get(f"/sessions/{session}"), 200)["status"] == "in-progress"
    refused(member(house, room, session, "kick"), 404, "not-in-conference")
    assert [one["uuid"] for one in house.app.members(room)] == [stays]
    house.join(room, session)  # the native kick bans nobody


def test_the_last_thing_heard(house: House) -> None:
    """ "kick (with optional sound)": it is played to the member alone, then the member leaves."""
    room = house.app.room()
    session = house.join(room)
    house.join(room)
    house.command(session, "unmute", "conference.member.unmuted")
    ok(member(house, room, session, "kick", {"sound_url": house.jukebox.url(0.3)}), 202)
    data = told(house, "conference.member.left", session)
    assert (data["reason"], data["cause"]) == ("removed", "kick")
    lines = [line for line in house.orders_for(room) if " play " in line or "uuid_transfer" in line]
    assert " play " in lines[-1], lines
    assert any(f"conference {room} mute " in line for line in house.orders_for(room)), "it is not heard either"
    names = house.sink.names(session_id=session)
    assert "conference.member.deafened" not in names and "conference.member.muted" not in names


def test_who_is_banned_stays_out(house: House) -> None:
    """contracts/tryvox-conferences.txt: "Kicked members cannot rejoin that room unless they dial in again"."""
    room = house.app.room()
    session = house.join(room)
    app = house.gateway.directory.app(house.app.id)
    assert app is not None
    services = house.gateway.app.extensions["gateway"]
    services.room_members.kick(Asked(app, "/kick", new_uuid(), False, ""), room, session, banned=True)
    told(house, "conference.member.left", session)
    ok(house.app.command(session, "conference/join", {"room_id": room}), 202)
    assert told(house, "conference.member.join_failed", session)["reason"] == "kicked"
    refused(member(house, house.app.room(), session, "move", {"room_id": room}), 404, "not-in-conference")
    house.join(house.app.room(), session)
    house.join(room)  # who dials in again is another call


def test_a_member_moves(house: House) -> None:
    """contract.md: "A move is member.left (cause move) and member.joined." """
    here, there = house.app.room(), house.app.room("there")
    session = house.join(here)
    house.command(session, "unmute", "conference.member.unmuted")
    answer = ok(member(house, here, session, "move", {"name": "there", "command_uid": "go"}), 202)
    assert answer == {
        "status": "moving", "room_id": here, "uuid": session, "to_room_id": there, "command_uid": "go",
    }  # fmt: skip
    wait_for(lambda: house.switch.seats(there) == {session: True}, "it is there, unmuted as it was")
    house.sink.wait_for(lambda: len(house.sink.find("conference.member.joined", session_uuid=session)) == 2, "joined")
    left = house.sink.find("conference.member.left", session_uuid=session)[-1]["data"]
    joined = house.sink.find("conference.member.joined", session_uuid=session)[-1]["data"]
    assert (left["room_id"], left["reason"], left["cause"]) == (here, "removed", "move")
    assert (joined["room_id"], joined["muted"], joined["command_uid"]) == (there, False, "go")
    house.forget_cooldowns()
    refused(member(house, there, session, "move", {"room_id": there}), 409, "same-room")
    ok(house.app.at(here, "lock"), 202)
    refused(member(house, there, session, "move", {"room_id": here}), 409, "conference-locked")
    refused(member(house, there, session, "move", {"room_id": house.other.room()}), 403, "room-forbidden")
    refused(member(house, there, session, "move", {}), 400, "invalid-input")


def test_only_the_coached_are_related(house: House) -> None:
    """ "only the coached hear the coach: `relate`; a newcomer joins deaf, is related, then undeafed, without
    webhooks".
    """
    room = house.app.room("coached")
    coach, trainee, customer = (house.join(room) for _ in range(3))
    ids = {who: flags(house, room, who)["id"] for who in (coach, trainee, customer)}
    answer = ok(member(house, room, coach, "coach", {"coached": [trainee], "command_uid": "psst"}), 202)
    assert answer["status"] == "coaching" and answer["coached"] == [trainee]
    assert told(house, "conference.member.coached", coach) == {
        "room_id": room, "name": "coached", "uuid": coach, "coached": [trainee], "command_uid": "psst",
    }  # fmt: skip

    def relations(who: str) -> str:
        return house.switch.api(f"conference {room} relate {ids[who]}")

    assert str(ids[coach]) in relations(customer) and str(ids[coach]) not in relations(trainee)
    newcomer = house.join(room)
    wait_for(lambda: flags(house, room, newcomer)["can_hear"], "the newcomer hears")
    lines = house.orders_for(room)
    new_id = flags(house, room, newcomer)["id"]
    assert "deaf" in next(line for line in lines if channel(newcomer) in line and "uuid_transfer" in line)
    related = lines.index(f"conference {room} relate {new_id} {ids[coach]} nohear")
    assert related < lines.index(f"conference {room} undeaf {new_id} quiet")
    names = house.sink.names(session_id=newcomer)
    assert "conference.member.undeafened" not in names and "conference.member.deafened" not in names
    known = details(house, room, trainee)
    assert known["coached_by"] == [coach] and details(house, room, coach)["coaches"] == [trainee]
    ok(member(house, room, coach, "uncoach"), 202)
    data = told(house, "conference.member.uncoached", coach)
    assert data["coached"] == [trainee] and data["remaining"] == []
    assert "No relationships" in relations(customer)
    refused(member(house, room, coach, "uncoach"), 409, "not-coaching")
    refused(member(house, room, coach, "coach", {"coached": [coach]}), 409, "cannot-coach-itself")


COMMANDS = {
    "mute": None, "unmute": None, "deaf": None, "undeaf": None, "hold": None, "unhold": None, "floor": None,
    "kick": None, "volume": {"direction": "in", "level": 1}, "role": {"role": "moderator"},
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_member_of_another_room(house: House, command: str) -> None:
    """Issue 4, Bad input: "a member id of another room: the contract's status, a stable error_id, nothing sent"."""
    here, there = house.app.room(), house.app.room()
    session = house.join(there)
    before = len(house.switch.orders)
    body = COMMANDS[command]
    refused(member(house, here, session, command, body), 404, "not-in-conference")
    refused(member(house, here, "nonsense", command, body), 404, "session-not-found")
    path = f"/conferences/{there}/members/{session}/{command}"
    refused(house.other.post(path, body), 403, "room-forbidden")
    assert len(house.switch.orders) == before


@pytest.mark.parametrize("command", ["deaf", "hold", "kick", "volume", "mute"])
def test_who_is_still_joining(house: House, command: str) -> None:
    room, session = house.app.room(), house.call()
    with house.switch.holding("uuid_transfer", channel(session)):
        ok(house.app.command(session, "conference/join", {"room_id": room}), 202)
        house.forget_cooldowns()
        refused(member(house, room, session, command, COMMANDS[command]), 409, "still-joining")
    house.sink.wait_for_event("conference.member.joined", session_uuid=session)


def test_a_coach_that_cannot_be_kept_from_others_does_not_coach(house: House) -> None:
    """The answer is honest: where the switch refuses a relation, nobody is told of coaching, and all is as before."""
    room = house.app.room()
    coach, trainee = house.join(room), house.join(room)
    customer = house.join(room)
    house.switch.refused = f"relate {flags(house, room, customer)['id']} "
    try:
        refused(member(house, room, coach, "coach", {"coached": [trainee]}), 409, "switch-refused")
    finally:
        house.switch.refused = ""
    assert details(house, room, coach)["coaches"] == []
    house.forget_cooldowns()
    ok(member(house, room, coach, "coach", {"coached": [trainee]}), 202)
    assert told(house, "conference.member.coached", coach)["coached"] == [trainee]
    assert len(house.sink.find("conference.member.coached", session_uuid=coach)) == 1
