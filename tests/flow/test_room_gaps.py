"""Room commands and the gateway that was away: what changed meanwhile is told, what was set is set again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.house import House, channel, ok
from tests.flow.test_room_members import details, flags, member, told
from tests.waiting import wait_for


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.sink.assert_ordered()
    house.stop()


def test_what_changed_at_the_switch_meanwhile(house: House) -> None:
    """contract.md: what "happened while no gateway was there, is made good by reconcile as the net difference"."""
    room = house.app.room()
    first, second = house.join(room), house.join(room)
    ids = [flags(house, room, who)["id"] for who in (first, second)]
    with house.away():
        house.switch.api(f"conference {room} deaf {ids[0]}")
        house.switch.api(f"conference {room} hold {ids[1]}")
        house.switch.api(f"conference {room} lock")
    assert told(house, "conference.member.deafened", first)["by"] == "switch"
    assert told(house, "conference.member.held", second)["by"] == "switch"
    house.sink.wait_for_event("conference.locked", room_id=room)
    wait_for(lambda: details(house, room, second)["held"], "held")
    assert not house.sink.find("conference.member.unmuted", session_uuid=second)


def test_held_members_stay_so_and_hear_their_music_again(house: House) -> None:
    """A held member is listed as one that may neither speak nor hear: that tells of no mute."""
    room = house.app.room()
    session = house.join(room)
    house.join(room)
    house.command(session, "unmute", "conference.member.unmuted")
    ok(member(house, room, session, "hold", {"music_url": house.jukebox.url(0.3)}), 202)
    told(house, "conference.member.held", session)
    with house.away():
        wait_for(lambda: not flags(house, room, session)["can_hear"], "silent")
    wait_for(lambda: sum(" play " in line for line in house.orders_for(room)) >= 2, "music again")
    names = house.sink.names(session_id=session)
    assert names.count("conference.member.held") == 1 and "conference.member.muted" not in names


def test_an_apps_lock_is_not_forgotten(house: House) -> None:
    """What an app locked stays locked though somebody, or a lost command, undid it at the switch."""
    room = house.app.room()
    house.join(room)
    ok(house.app.at(room, "lock"), 202)
    house.sink.wait_for_event("conference.locked", room_id=room)
    with house.away():
        house.switch.api(f"conference {room} unlock")
    wait_for(lambda: house.switch.api(f"conference {room} get is_locked") == "locked", "locked again")
    assert not house.sink.find("conference.unlocked", room_id=room)


def test_who_was_about_to_hear_the_last_sound_leaves(house: House) -> None:
    room = house.app.room()
    session = house.join(room)
    house.join(room)
    ok(member(house, room, session, "kick", {"sound_url": house.jukebox.url(20)}), 202)
    wait_for(lambda: any(" play " in line for line in house.orders_for(room)), "it is played")
    with house.away():
        pass
    assert told(house, "conference.member.left", session)["cause"] == "kick"


def test_newcomers_of_the_gap_do_not_hear_the_coach(house: House) -> None:
    room = house.app.room()
    coach, trainee = house.join(room), house.join(room)
    ok(member(house, room, coach, "coach", {"coached": [trainee]}), 202)
    newcomer = house.call()
    with house.away():
        house.switch.api(f"uuid_transfer {channel(newcomer)} 'conference:{room}@gateway,park:' inline")
    house.sink.wait_for_event("conference.member.joined", session_uuid=newcomer)
    coach_id, new_id = flags(house, room, coach)["id"], flags(house, room, newcomer)["id"]
    wait_for(lambda: str(coach_id) in house.switch.api(f"conference {room} relate {new_id}"), "related")
