"""<Conference>: who starts a room, what others hear till then, and how it ends (contract.md, "Answer documents")."""

from collections.abc import Iterator

import pytest

from tests.flow.conference_house import Led
from tests.flow.house import channel, ok
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def led_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    led = Led(tmp_path_factory.mktemp("led"))
    yield led
    led.stop()


@pytest.fixture
def led(led_house: Led) -> Iterator[Led]:
    led_house.house.forget_cooldowns()
    yield led_house
    led_house.house.sink.assert_ordered()
    assert not led_house.documents.problems


def waits(led: Led, room_id: str) -> bool:
    return led.house.switch.api(f"conference {room_id} get wait_mod").strip() == "true"


def test_a_room_waits_for_who_starts_it(led: Led) -> None:
    """ "startConferenceOnEnter=false with waitSound until a starter arrives"; its music is an audio file's."""
    room = led.name()
    music = led.house.jukebox.url(1.0)
    waiter = led.joined(room, startConferenceOnEnter=False, waitSound=music)
    assert waits(led, led.room_id(waiter))
    line = led.order("conference:", channel(waiter))
    assert "set:conference_flags=wait-mod," in line and "set:conference_permanent_wait_mod_moh=true" in line
    assert "set:conference_moh_sound=http://" in line and "/media/" in line and "+flags{nomoh}" in line
    second = led.joined(room, startConferenceOnEnter=False)
    assert waits(led, led.room_id(second))
    starter = led.joined(room)
    wait_for(lambda: not waits(led, led.room_id(starter)), "the room has started")
    assert "+flags{moderator|nomoh}" in led.order("conference:", channel(starter))


def test_a_waiting_room_hears_a_document(led: Led) -> None:
    """ "waitSound (URL of XML or of an audio file, fetched first, looped)"."""
    sound = led.documents.put(
        "/wait", f"<Response><Play>{led.house.jukebox.url(0.5)}</Play><Wait length='2'/></Response>"
    )
    waiter = led.joined(led.name(), startConferenceOnEnter=False, waitSound=sound)
    line = led.order("conference:", channel(waiter))
    assert "set:conference_moh_sound=file_string://http://" in line and ".wav!silence_stream://2000," in line
    assert led.documents.of("/wait", CallUUID=waiter)


def test_music_that_cannot_be_had_keeps_nobody_out(led: Led) -> None:
    missing = led.house.jukebox.missing()
    waiter = led.joined(led.name(), startConferenceOnEnter=False, waitSound=missing)
    assert waits(led, led.room_id(waiter))
    told = led.house.sink.wait_for_event("playback.failed", session_uuid=waiter)
    assert told["data"]["url"] == missing and told["data"]["reason"]


def test_a_call_that_joins_by_command_starts_a_room_that_waits(led: Led) -> None:
    """ "everyone else, native joins too, joins with the switch's moderator flag"; a room that runs: as ever."""
    room = led.name()
    waiter = led.joined(room, startConferenceOnEnter=False)
    room_id = led.room_id(waiter)
    native = led.dial("<Response><Wait length='60'/></Response>")
    led.house.sink.wait_for_event("call.created", session_uuid=native)
    ok(led.app.command(native, "conference/join", {"room_id": room_id}), 202)
    wait_for(lambda: not waits(led, room_id), "the room has started")
    assert "+flags{mute|moderator|nomoh}" in led.order("conference:", channel(native))


def test_music_named_later_is_heard_from_then_on(led: Led) -> None:
    """contract: "set by the first document that names it while the room runs"."""
    room = led.name()
    waiter = led.joined(room, startConferenceOnEnter=False)
    led.joined(room, startConferenceOnEnter=False, waitSound=led.house.jukebox.url(1.0))
    assert "/media/" in led.order(f"conference {led.room_id(waiter)} moh http")


def test_the_leader_leaves_and_everybody_goes_on_with_his_document(led: Led) -> None:
    """ "endConferenceOnExit …: the others' flows go on with their own action URL; nobody is hung up"."""
    room = led.name()
    action = led.documents.put("/after", "<Response><Wait length='60'/></Response>")
    leader = led.joined(room, endConferenceOnExit=True)
    others = [led.joined(room, action=action) for _ in range(2)]
    led.house.hang_up(leader)
    for other in others:
        data = led.left(other)
        assert (data["reason"], data["cause"]) == ("removed", "end_on_exit")
        params = led.documents.wait_for("/after", CallUUID=other)
        assert params["ConferenceName"] == room and params["ConferenceUUID"] == led.room_id(other)
        assert not led.house.sink.find("call.completed", session_uuid=other)
    assert led.left(leader)["reason"] == "hangup"


def test_each_of_two_leaders_ends_the_room(led: Led) -> None:
    """The switch would wait for the last of them; a document means each."""
    room = led.name()
    first, second = (led.joined(room, after="<Wait length='60'/>", endConferenceOnExit=True) for _ in range(2))
    led.house.hang_up(first)
    assert led.left(second)["cause"] == "end_on_exit"


def test_who_must_not_stay_alone_is_let_go(led: Led) -> None:
    room = led.name()
    first = led.joined(room, after="<Wait length='60'/>", stayAlone=False)
    second = led.joined(room, after="<Wait length='60'/>")
    led.house.hang_up(second)
    data = led.left(first)
    assert (data["reason"], data["cause"]) == ("removed", "stay_alone")
    led.told("exit", first)


def test_the_time_limit_is_the_switchs_and_one_for_all(led: Led) -> None:
    """ "timeLimit (one clock per room, not restarted by joiners, kept by the switch's scheduler …; cause
    time_limit)"."""
    room = led.name()
    first = led.joined(room, after="<Wait length='60'/>", timeLimit=2)
    room_id = led.room_id(first)
    second = led.joined(room, after="<Wait length='60'/>", timeLimit=600)
    assert led.left(first)["cause"] == led.left(second)["cause"] == "time_limit"
    clocks = [line for line in led.house.switch.lines if line.startswith("sched_api") and room_id in line]
    assert len(clocks) == 1 and clocks[0].startswith("sched_api +2 ") and clocks[0].endswith("kick all"), clocks
    assert not led.house.sink.find("call.completed", session_uuid=first), "the call goes on"
    group = clocks[0].split()[2]
    wait_for(lambda: f"sched_del {group}" in led.house.switch.lines[-50:], "the clock is taken back")


def test_a_clock_does_not_outlive_its_conference(led: Led) -> None:
    """ "a reborn room is kicked by the old clock", were it not for sched_del."""
    room = led.name()
    room_id = led.app.room(room)
    first = led.joined(room, timeLimit=3)
    clock = led.order("sched_api", room_id)
    led.house.hang_up(first)
    led.house.sink.wait_for_event("conference.ended", room_id=room_id)
    led.order(f"sched_del {clock.split()[2]}")
