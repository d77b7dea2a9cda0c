"""What an app plays to one call: issue 4, "playback start/stop/pause/resume/seek (urls, loop, 0 = endless), speak"."""

import re
from typing import Any

import pytest
from gevent import socket

from gateway.domain.leg_playback import PAUSE_UID, PAUSED
from gateway.domain.values import replace
from gateway.services import leg_playback
from gateway.store.unit_of_work import UnitOfWork
from tests.flow.house import House, channel, is_operation_id, ok, refused
from tests.flow.watched_switch import NODE
from tests.slow_audio import SlowAudio
from tests.waiting import wait_for

Json = dict[str, Any]
MANY = 20.0  # seconds of a sound that no test waits for


def answered(house: House) -> str:
    """A call in progress, in park."""
    session = house.call()
    ok(house.app.command(session, "answer"), 202)
    house.sink.wait_for_event("call.answered", session_uuid=session)
    house.sink.wait_for_event("command.result", session_uuid=session)
    return session


def told(house: House, session: str) -> list[tuple[str, str]]:
    """What was told of what the call hears: (event, operation)."""
    of_sound = ("playback.", "call.gathered", "call.held", "call.unheld")
    return [
        (event["event"], event["data"]["operation_id"])
        for event in house.sink.events
        if event.get("session_uuid") == session and event["event"].startswith(of_sound)
    ]


def begun(house: House, session: str, command: str, body: Json) -> str:
    """The operation of a command that was taken."""
    answer = ok(house.app.command(session, command, body), 202)
    assert answer["status"] == "in_progress" and answer["timeout_ms"] > 0
    assert is_operation_id(answer["operation_id"])
    return str(answer["operation_id"])


def playing(house: House, session: str, body: Json | None = None) -> str:
    operation = begun(house, session, "playback/start", body or {"urls": [house.jukebox.url(MANY)]})
    house.sink.wait_for_event("playback.started", operation_id=operation)
    return operation


def result(house: House, operation: str) -> Json:
    data: Json = house.sink.wait_for_event("command.result", operation_id=operation)["data"]
    return data


def is_heard(house: House, session: str) -> bool:
    """Its file was fetched, and plays (from the beginning again)."""
    return house.switch.api(f"uuid_fileman {channel(session)} restart").startswith("+OK")


def played(house: House, session: str) -> list[str]:
    """The files that the switch was to play on the leg."""
    return [text for text in house.switch.executed(channel(session)) if text.startswith("playback ")]


def test_files_play_in_order_and_end(house: House) -> None:
    """contract.md: "All others answer 202 {operation_id, command_uid, status: in_progress, timeout_ms} and end with a
    command.result webhook".
    """
    session = answered(house)
    urls = [house.jukebox.url(0.1, name) for name in "ab"]
    operation = begun(house, session, "playback/start", {"urls": urls, "command_uid": "hear-1"})
    end = house.sink.wait_for_event("playback.finished", operation_id=operation)
    assert end["data"] == {"operation_id": operation, "played": 2, "failed": 0, "command_uid": "hear-1"}
    start = house.sink.find("playback.started", operation_id=operation)[0]
    assert start["data"] == {
        "operation_id": operation, "kind": "play", "urls": urls, "loop": 1, "command_uid": "hear-1",
    }  # fmt: skip
    assert result(house, operation) == {
        "command": "playback/start", "command_uid": "hear-1", "operation_id": operation, "status": "ok",
    }  # fmt: skip
    assert told(house, session) == [("playback.started", operation), ("playback.finished", operation)]
    assert len(played(house, session)) == 2


def test_a_loop_plays_so_often_and_zero_until_it_is_stopped(house: House) -> None:
    session = answered(house)
    operation = begun(house, session, "playback/start", {"urls": [house.jukebox.url(0.05)], "loop": 3})
    end = house.sink.wait_for_event("playback.finished", operation_id=operation)
    assert end["data"]["played"] == 3
    endless = playing(house, session, {"urls": [house.jukebox.url(0.3)], "loop": 0})
    wait_for(lambda: len(played(house, session)) >= 6, "it goes round and round")
    stop = begun(house, session, "playback/stop", {})
    stopped = house.sink.wait_for_event("playback.stopped", operation_id=endless)
    assert stopped["data"]["reason"] == "stopped" and stopped["data"]["played"] >= 2
    assert result(house, stop)["status"] == "ok"
    refused(house.app.command(session, "playback/stop"), 409, "nothing-playing")


def test_a_missing_file_is_told_and_the_rest_goes_on(house: House) -> None:
    session = answered(house)
    missing = house.jukebox.missing()
    operation = begun(house, session, "playback/start", {"urls": [missing, house.jukebox.url(0.1)]})
    end = house.sink.wait_for_event("playback.finished", operation_id=operation)
    assert (end["data"]["played"], end["data"]["failed"]) == (1, 1)
    failed = house.sink.find("playback.failed", operation_id=operation)[0]
    assert failed["data"]["url"] == missing and "404" in failed["data"]["reason"]


def test_when_nothing_can_be_played_the_command_has_failed(house: House) -> None:
    """An endless loop of what is not there ends, too."""
    session = answered(house)
    operation = begun(house, session, "playback/start", {"urls": [house.jukebox.missing()], "loop": 0})
    end = result(house, operation)
    assert end["status"] == "failed" and end["error"]
    assert told(house, session) == [("playback.failed", operation)]


def test_a_new_one_interrupts_the_one_before(house: House) -> None:
    """tryvox-call-actions.txt: "Some actions (play, speak) will interrupt each other"."""
    session = answered(house)
    first = playing(house, session)
    second = begun(house, session, "speak", {"text": "Thank you for calling."})
    house.sink.wait_for_event("playback.started", operation_id=second)
    third = begun(house, session, "playback/start", {"urls": [house.jukebox.url(0.1)]})
    house.sink.wait_for_event("playback.finished", operation_id=third)
    assert told(house, session) == [
        ("playback.started", first),
        ("playback.stopped", first),
        ("playback.started", second),
        ("playback.stopped", second),
        ("playback.started", third),
        ("playback.finished", third),
    ]
    reasons = [e["data"]["reason"] for e in house.sink.find("playback.stopped", session_uuid=session)]
    assert reasons == ["interrupted", "interrupted"]
    assert len([line for line in house.orders_for(session) if line.startswith("uuid_break ")]) == 2


def test_speech_is_rendered_and_played_as_a_file(house: House) -> None:
    """Issue 4: "Rendered speech is … served to the switch over a signed local URL, played as a file"."""
    session = answered(house)
    told_of = {"text": "Good evening", "voice": "en-US-Neural-Jenny", "language": "en-US"}
    operation = begun(house, session, "speak", told_of)
    start = house.sink.wait_for_event("playback.started", operation_id=operation)
    assert start["data"]["kind"] == "speak" and start["data"]["text"] == "Good evening"
    house.sink.wait_for_event("playback.finished", operation_id=operation, limit_s=10)
    assert re.fullmatch(rf"playback {re.escape(house.base)}/media/\S+\.wav", played(house, session)[0])
    assert not any("Good evening" in line for line in [*house.switch.lines, *played(house, session)])


def test_pause_resume_and_seek(house: House) -> None:
    session = answered(house)
    operation = playing(house, session, {"urls": [house.jukebox.url(3)]})
    begun(house, session, "playback/pause", {"command_uid": "stand-still"})
    paused = house.sink.wait_for_event("playback.paused", operation_id=operation)
    assert paused["data"] == {"operation_id": operation, "command_uid": "stand-still"}
    refused(house.app.command(session, "playback/pause"), 409, "already-paused")
    begun(house, session, "playback/resume", {})
    house.sink.wait_for_event("playback.resumed", operation_id=operation)
    refused(house.app.command(session, "playback/resume"), 409, "not-paused")
    seek = begun(house, session, "playback/seek", {"offset_ms": 2900})
    assert result(house, seek)["status"] == "ok"
    house.sink.wait_for_event("playback.finished", operation_id=operation, limit_s=2)
    fileman = [line.partition(f"{channel(session)} ")[2] for line in house.orders_for(session) if "fileman" in line]
    assert [order for at, order in enumerate(fileman) if fileman[at - 1 : at] != [order]] == ["pause", "seek:2900"]


def test_a_pause_before_the_sound_has_come_is_no_event_before_its_start(house: House) -> None:
    """Seen in a soak: playback.paused came before playback.started, whose file took four seconds."""
    session, audio = answered(house), SlowAudio(0.4)
    try:
        operation = begun(house, session, "playback/start", {"urls": [audio.url()]})
        assert audio.asked.wait(5)
        paused = begun(house, session, "playback/pause", {})
        assert result(house, paused)["status"] == "ok"
        audio.let_go()
        resumed = begun(house, session, "playback/resume", {})
        assert result(house, resumed)["status"] == "ok"
        house.sink.wait_for_event("playback.finished", operation_id=operation)
        assert [event for event, _ in told(house, session)] == ["playback.started", "playback.finished"]
        house.sink.assert_ordered()
    finally:
        audio.stop()


def test_a_pause_that_its_start_tells_names_its_command(house: House) -> None:
    """Contract: the command_uid "comes back in each webhook that the command causes"."""
    session, audio = answered(house), SlowAudio(0.4)
    try:
        operation = begun(house, session, "playback/start", {"urls": [audio.url()], "command_uid": "play-it"})
        assert audio.asked.wait(5)
        house.gateway.store.write(lambda uow: _as_if_sent(uow, operation))
        ok(house.app.command(session, "playback/stop"), 202)
        names = [
            (e["event"], e["data"]["command_uid"]) for e in house.sink.of_session(session) if "playback." in e["event"]
        ]
        assert names[:2] == [("playback.started", "play-it"), ("playback.paused", "hold-it")]
    finally:
        audio.stop()


def _as_if_sent(uow: UnitOfWork, operation: str) -> None:
    """The pause was answered before the start was told: a moment that no test can hit from outside."""
    playing = uow.leg_playbacks.get(operation)
    session = uow.sessions.get(playing.session_id) if playing is not None else None
    assert playing is not None and session is not None
    leg_playback.started(uow, session, replace(playing, status=PAUSED, notes={PAUSE_UID: "hold-it"}), uow.now)


def test_in_a_room_it_is_played_to_the_member_alone(house: House) -> None:
    """freeswitch-facts.md: "in a room, `conference R play FILE ID`"; it is paused and sought there, too."""
    room = house.app.room()
    session = answered(house)
    house.join(room, session)
    operation = playing(house, session, {"urls": [house.jukebox.url(3)]})
    begun(house, session, "playback/pause", {})
    house.sink.wait_for_event("playback.paused", operation_id=operation)
    begun(house, session, "playback/resume", {})
    begun(house, session, "playback/seek", {"offset_ms": 2900})
    house.sink.wait_for_event("playback.finished", operation_id=operation, limit_s=3)
    sent = [line for line in house.orders_for(room) if "play_status" not in line and line.startswith("conference")]
    member = sent[0].rpartition(" ")[2]
    assert re.fullmatch(rf"conference {room} play {{operation_id=[0-9a-f-]+}}http\S+ [0-9]+", sent[0]), sent
    assert set(sent[1:]) == {f"conference {room} pause_play {member}", f"conference {room} file_seek 2900 {member}"}
    assert not played(house, session)


def test_going_into_a_room_or_out_of_one_ends_what_plays(house: House) -> None:
    room = house.app.room()
    session = answered(house)
    first = playing(house, session)
    house.join(room, session)
    assert house.sink.wait_for_event("playback.stopped", operation_id=first)["data"]["reason"] == "moved"
    second = playing(house, session)
    house.command(session, "leave", "conference.member.left")
    assert house.sink.wait_for_event("playback.stopped", operation_id=second)["data"]["reason"] == "moved"
    third = playing(house, session)
    house.hang_up(session)
    names = [event["event"] for event in house.sink.events if event.get("session_uuid") == session]
    assert names.index("call.completed") == len(names) - 1
    assert house.sink.wait_for_event("playback.stopped", operation_id=third)["data"]["reason"] == "hangup"


@pytest.mark.parametrize(
    ("command", "body", "fields"),
    [
        ("playback/start", {}, {"urls"}),
        ("playback/start", {"urls": ["http://127.0.0.1/a.wav"], "loop": -1}, {"loop"}),
        ("playback/start", {"urls": ["http://127.0.0.1/a.wav"], "loop": True}, {"loop"}),
        ("playback/start", {"urls": ["file:///etc/passwd"]}, {"urls"}),
        ("playback/start", {"urls": ["http://127.0.0.1/a.wav"], "volume": 3}, {"volume"}),
        ("playback/seek", {"offset_ms": -1}, {"offset_ms"}),
        ("speak", {"text": "x" * 3001}, {"text"}),
        ("speak", {"text": ""}, {"text"}),
        ("speak", {"text": "hello", "voice": "nobody"}, {"voice"}),
        ("speak", {"text": "hello", "language": "not a language"}, {"language"}),
        ("dtmf", {"digits": "12A"}, {"digits"}),
        ("dtmf", {"digits": "12\n"}, {"digits"}),
        ("dtmf", {"digits": ""}, {"digits"}),
        ("dtmf", {"digits": "1" * 100}, {"digits"}),
        ("gather", {"min_digits": 3, "max_digits": 2}, {"min_digits"}),
        ("gather", {"terminator": "##"}, {"terminator"}),
        ("gather", {"text": "a", "urls": ["http://127.0.0.1/a.wav"]}, {"text"}),
        ("hold", {"url": "${system}"}, {"url"}),
    ],
)
def test_bad_input_is_told_field_by_field(house: House, command: str, body: Json, fields: set[str]) -> None:
    """Issue 4, "Bad input": "digits outside the set; text of 3,001 characters; loop -1": "nothing sent"."""
    session = answered(house)
    before = len(house.orders_for(session)), len(house.switch.messages)
    assert set(refused(house.app.command(session, command, body), 400, "invalid-input")["detail"]["fields"]) == fields
    assert before == (len(house.orders_for(session)), len(house.switch.messages))


def test_an_unknown_voice_is_answered_with_the_known_ones(house: House) -> None:
    """Issue 4: "an unknown voice is 400 with the known ones"."""
    session = answered(house)
    answer = refused(house.app.command(session, "speak", {"text": "a", "voice": "Bob"}), 400, "invalid-input")
    assert {"en-US-Neural-Jenny", "en-US-Standard-A"} <= set(answer["detail"]["known"])


def test_a_call_must_be_in_progress(house: House) -> None:
    """tryvox-call-actions.txt: "All actions require the call to be in `in-progress` status"."""
    ringing, over = house.call(), answered(house)
    house.hang_up(over)
    bodies: dict[str, Json] = {
        "playback/start": {"urls": [house.jukebox.url(1)]}, "speak": {"text": "hello"}, "dtmf": {"digits": "1"},
        "gather": {}, "hold": {}, "playback/stop": {}, "playback/pause": {}, "playback/resume": {},
        "playback/seek": {"offset_ms": 0}, "unhold": {},
    }  # fmt: skip
    sent = len(house.switch.messages), len(house.switch.orders)
    for command, body in bodies.items():
        refused(house.app.command(ringing, command, body), 409, "call-not-answered")
        refused(house.app.command(over, command, body), 404, "session-ended")
        refused(house.other.command(over, command, body), 403, "session-forbidden")
        refused(
            house.app.command(f"{NODE}-00000000-0000-4000-8000-000000000000", command, body), 404, "session-not-found"
        )
    assert sent == (len(house.switch.messages), len(house.switch.orders))


def test_a_repeated_command_uid_plays_once(house: House) -> None:
    session = answered(house)
    body = {"urls": [house.jukebox.url(0.1)], "command_uid": "once"}
    first = ok(house.app.command(session, "playback/start", body), 202)
    house.sink.wait_for_event("playback.finished", operation_id=first["operation_id"])
    assert ok(house.app.command(session, "playback/start", body), 202) == first
    refused(house.app.command(session, "playback/start", {**body, "loop": 2}), 409, "command-uid-reused")
    assert len(played(house, session)) == 1


def test_a_new_one_does_not_wait_for_a_file_that_comes_slowly(house: House) -> None:
    """The first server takes the request and says nothing: its playback never starts, and fails as interrupted."""
    session = answered(house)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        url = f"http://127.0.0.1:{slow.getsockname()[1]}/a.wav"
        first = begun(house, session, "playback/start", {"urls": [url]})
        connection, _ = slow.accept()
        second = begun(house, session, "playback/start", {"urls": [house.jukebox.url(0.1)]})
        house.sink.wait_for_event("playback.finished", operation_id=second, limit_s=3)
        connection.close()
    assert (result(house, first)["status"], result(house, first)["error"][:7]) == ("failed", "another")
    assert told(house, session) == [("playback.started", second), ("playback.finished", second)]
    assert len(played(house, session)) == 1


def test_a_key_ends_speech_and_leaves_files_alone(house: House) -> None:
    """tryvox-call-actions.txt: "Speech can be interrupted by DTMF input"."""
    session = answered(house)
    spoken = begun(house, session, "speak", {"text": "A long story. " * 40})
    wait_for(lambda: is_heard(house, session), "the speech is opened", 10)
    house.press(session, "5")
    assert house.sink.wait_for_event("playback.stopped", operation_id=spoken)["data"]["reason"] == "key"
    operation = playing(house, session, {"urls": [house.jukebox.url(0.6)]})
    wait_for(lambda: is_heard(house, session), "the file is opened")
    house.press(session, "*")
    assert house.sink.wait_for_event("playback.finished", operation_id=operation)["data"]["played"] == 1
