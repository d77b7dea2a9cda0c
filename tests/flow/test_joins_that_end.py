"""Why a join ended, as the switch tells it: by the end of the application `conference`, which a stay has, too."""

import json
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import House, channel, ok
from tests.waiting import wait_for


@contextmanager
def slow_rooms(house: House) -> Iterator[None]:
    """The first member of a room is let in much later."""
    core = house.switch.board.core
    before = core.options
    core.options = replace(before, first_member_delay_s=5.0)
    try:
        yield
    finally:
        core.options = before


def until_joining(house: House, session: str) -> None:
    def application() -> str:
        rows = json.loads(house.switch.api("show channels as json")).get("rows", [])
        return "".join(row["application"] for row in rows if row["uuid"] == channel(session))

    wait_for(lambda: application() == "conference", f"{session} is on its way into its room")


def test_a_caller_who_hangs_up_while_joining_was_not_refused(house: House) -> None:
    """contract.md, Webhooks: "join_failed (reason timeout; others: full, locked, kicked, hangup, refused)"."""
    room, session = house.app.room(), house.call()
    with slow_rooms(house):
        ok(house.app.command(session, "conference/join", {"room_id": room}), 202)
        until_joining(house, session)
        house.hang_up(session)
    (failed,) = house.sink.find("conference.member.join_failed", session_uuid=session)
    assert failed["data"]["reason"] == "hangup"
    assert house.sink.names(session_id=session)[-1] == "call.completed"


def test_a_document_ends_with_a_caller_who_hangs_up_while_joining(tmp_path: Path) -> None:
    """contract.md, Answer documents: "verbs run at most once"; none runs for a call that is over."""
    hall = ConferenceHouse(tmp_path)
    try:
        with slow_rooms(hall.house):
            after = f"<Play>{hall.house.jukebox.url(1)}</Play>"
            session = hall.dial(hall.document(hall.name(), after))
            until_joining(hall.house, session)
            hall.house.hang_up(session)
        (failed,) = hall.house.sink.find("conference.member.join_failed", session_uuid=session)
        assert failed["data"]["reason"] == "hangup"
        assert not [step for step in hall.house.switch.executed(channel(session)) if step.startswith("playback")]
        hall.house.sink.assert_ordered()
    finally:
        hall.stop()


@pytest.fixture
def last_sound(tmp_path: Path) -> str:
    """A file of the switch that plays to a member after it has left."""
    path = tmp_path / "bye.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000 * 2 * 3))
    return str(path)


def test_the_end_of_the_stay_before_is_not_the_end_of_a_new_join(house: House, last_sound: str) -> None:
    """contract.md: command_uid comes back "in each webhook that the command causes".

    Whom an operator kicks with a sound has left the room while its application there goes on for three seconds.
    """
    room = house.app.room()
    house.join(room)
    session = house.join(room)
    member = house.sink.find("conference.member.joined", session_uuid=session)[-1]["data"]["member_id"]
    assert house.switch.api(f"conference {room} kick {member[1:]} {last_sound}").startswith("+OK")
    house.sink.wait_for_event("conference.member.left", session_uuid=session)
    house.forget_cooldowns()
    ok(house.app.command(session, "conference/join", {"room_id": room, "command_uid": "again"}), 202)
    house.sink.wait_for(
        lambda: len(house.sink.find("conference.member.joined", session_uuid=session)) == 2, "it is in again"
    )
    assert house.sink.find("conference.member.joined", session_uuid=session)[-1]["data"]["command_uid"] == "again"
    assert not house.sink.find("conference.member.join_failed", session_uuid=session)
