"""<Conference>: who starts a room, what others hear till then, and how it ends (contract.md, "Answer documents")."""

from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import channel, ok
from tests.waiting import wait_for


def waits(hall: ConferenceHouse, room_id: str) -> bool:
    return hall.house.switch.api(f"conference {room_id} get wait_mod").strip() == "true"


def test_a_room_waits_for_who_starts_it(hall: ConferenceHouse) -> None:
    """ "startConferenceOnEnter=false with waitSound until a starter arrives"; its music is an audio file's."""
    room = hall.name()
    music = hall.house.jukebox.url(1.0)
    waiter = hall.joined(room, startConferenceOnEnter=False, waitSound=music)
    assert waits(hall, hall.room_id(waiter))
    line = hall.order("conference:", channel(waiter))
    assert "set:conference_flags=wait-mod," in line and "set:conference_permanent_wait_mod_moh=true" in line
    assert "set:conference_moh_sound=http://" in line and "/media/" in line and "+flags{nomoh}" in line
    second = hall.joined(room, startConferenceOnEnter=False)
    assert waits(hall, hall.room_id(second))
    starter = hall.joined(room)
    wait_for(lambda: not waits(hall, hall.room_id(starter)), "the room has started")
    assert "+flags{moderator|nomoh}" in hall.order("conference:", channel(starter))


def test_a_waiting_room_hears_a_document(hall: ConferenceHouse) -> None:
    """ "waitSound (URL of XML or of an audio file, fetched first, looped)"."""
    sound = hall.documents.put(
        "/wait", f"<Response><Play>{hall.house.jukebox.url(0.5)}</Play><Wait length='2'/></Response>"
    )
    waiter = hall.joined(hall.name(), startConferenceOnEnter=False, waitSound=sound)
    line = hall.order("conference:", channel(waiter))
    assert "set:conference_moh_sound=file_string://http://" in line and ".wav!silence_stream://2000," in line
    assert hall.documents.of("/wait", CallUUID=waiter)


def test_music_that_cannot_be_had_keeps_nobody_out(hall: ConferenceHouse) -> None:
    missing = hall.house.jukebox.missing()
    waiter = hall.joined(hall.name(), startConferenceOnEnter=False, waitSound=missing)
    assert waits(hall, hall.room_id(waiter))
    told = hall.house.sink.wait_for_event("playback.failed", session_uuid=waiter)
    assert told["data"]["url"] == missing and told["data"]["reason"]


def test_a_call_that_joins_by_command_starts_a_room_that_waits(hall: ConferenceHouse) -> None:
    """ "everyone else, native joins too, joins with the switch's moderator flag"; a room that runs: as ever."""
    room = hall.name()
    waiter = hall.joined(room, startConferenceOnEnter=False)
    room_id = hall.room_id(waiter)
    native = hall.dial("<Response><Wait length='60'/></Response>")
    hall.house.sink.wait_for_event("call.created", session_uuid=native)
    ok(hall.app.command(native, "conference/join", {"room_id": room_id}), 202)
    wait_for(lambda: not waits(hall, room_id), "the room has started")
    assert "+flags{mute|moderator|nomoh}" in hall.order("conference:", channel(native))


def test_music_named_later_is_heard_from_then_on(hall: ConferenceHouse) -> None:
    """contract: "set by the first document that names it while the room runs"."""
    room = hall.name()
    waiter = hall.joined(room, startConferenceOnEnter=False)
    hall.joined(room, startConferenceOnEnter=False, waitSound=hall.house.jukebox.url(1.0))
    assert "/media/" in hall.order(f"conference {hall.room_id(waiter)} moh http")


def test_the_leader_leaves_and_everybody_goes_on_with_his_document(hall: ConferenceHouse) -> None:
    """ "endConferenceOnExit …: the others' flows go on with their own action URL; nobody is hung up"."""
    room = hall.name()
    action = hall.documents.put("/after", "<Response><Wait length='60'/></Response>")
    leader = hall.joined(room, endConferenceOnExit=True)
    others = [hall.joined(room, action=action) for _ in range(2)]
    hall.house.hang_up(leader)
    for other in others:
        data = hall.left(other)
        assert (data["reason"], data["cause"]) == ("removed", "end_on_exit")
        params = hall.documents.wait_for("/after", CallUUID=other)
        assert params["ConferenceName"] == room and params["ConferenceUUID"] == hall.room_id(other)
        assert not hall.house.sink.find("call.completed", session_uuid=other)
    assert hall.left(leader)["reason"] == "hangup"


def test_each_of_two_leaders_ends_the_room(hall: ConferenceHouse) -> None:
    """The switch would wait for the last of them; a document means each."""
    room = hall.name()
    first, second = (hall.joined(room, after="<Wait length='60'/>", endConferenceOnExit=True) for _ in range(2))
    hall.house.hang_up(first)
    assert hall.left(second)["cause"] == "end_on_exit"


def test_who_must_not_stay_alone_is_let_go(hall: ConferenceHouse) -> None:
    room = hall.name()
    first = hall.joined(room, after="<Wait length='60'/>", stayAlone=False)
    second = hall.joined(room, after="<Wait length='60'/>")
    hall.house.hang_up(second)
    data = hall.left(first)
    assert (data["reason"], data["cause"]) == ("removed", "stay_alone")
    hall.told("exit", first)


def test_the_time_limit_is_the_switchs_and_one_for_all(hall: ConferenceHouse) -> None:
    """ "timeLimit (one clock per room, not restarted by joiners, kept by the switch's scheduler …; cause
    time_limit)"."""
    room = hall.name()
    first = hall.joined(room, after="<Wait length='60'/>", timeLimit=2)
    room_id = hall.room_id(first)
    second = hall.joined(room, after="<Wait length='60'/>", timeLimit=600)
    assert hall.left(first)["cause"] == hall.left(second)["cause"] == "time_limit"
    clocks = [line for line in hall.house.switch.lines if line.startswith("sched_api") and room_id in line]
    assert len(clocks) == 1 and clocks[0].startswith("sched_api +2 ") and clocks[0].endswith("kick all"), clocks
    assert not hall.house.sink.find("call.completed", session_uuid=first), "the call goes on"
    group = clocks[0].split()[2]
    wait_for(lambda: f"sched_del {group}" in hall.house.switch.lines[-50:], "the clock is taken back")


def test_a_clock_does_not_outlive_its_conference(hall: ConferenceHouse) -> None:
    """ "a reborn room is kicked by the old clock", were it not for sched_del."""
    room = hall.name()
    room_id = hall.app.room(room)
    first = hall.joined(room, timeLimit=3)
    clock = hall.order("sched_api", room_id)
    hall.house.hang_up(first)
    hall.house.sink.wait_for_event("conference.ended", room_id=room_id)
    hall.order(f"sched_del {clock.split()[2]}")
