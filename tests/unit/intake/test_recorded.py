"""The switch's recordings against the store, and the switch's events of them, without any I/O."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain import happenings as told
from gateway.domain.recording import PAUSED, RECORDING, STARTING, Recording
from gateway.intake.recorded import (
    START_LIMIT_MS,
    leg_differences,
    noting,
    noting_records,
    room_differences,
    running,
    to_be_asked,
)
from gateway.intake.translate import recording_of, translate
from tests.world import CALL, CONFERENCE, NODE, ROOM

ID = "950e8400-e29b-41d4-a716-446655440000"
PATH = f"/var/lib/gateway/recordings/{ID}.mp3"
OF_ROOM = Recording(ID, "app_1", NODE, "mp3", 1000, ROOM, state=RECORDING, started_at=1000)
OF_CALL = replace(OF_ROOM, room_id="", session_id=CALL)
NOBODY: frozenset[str] = frozenset()
LATER = 1000 + START_LIMIT_MS
BUGS = f"<media-bugs>\n <media-bug>\n  <target>{PATH}</target>\n </media-bug>\n</media-bugs>\n"


def event(**headers: Any) -> dict[str, Any]:
    return {"Event-Date-Timestamp": "5000000", **headers}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (PATH, ID),
        (PATH.replace("mp3", "wav"), ID),
        (f"/{ID}.wav", ID),
        (f"/a b/{ID}.wav", ID),
        (f"{ID}.wav", ""),
        ("/tmp/other.wav", ""),
        (PATH + ".new", ""),
        (None, ""),
        ([PATH], ""),
    ],
)
def test_the_name_of_a_file_says_whose_it_is(path: object, found: str) -> None:
    assert recording_of(path) == found


def test_events_of_a_room() -> None:
    """golden/record_pause_resume_stop.jsonl."""
    base = {"Event-Name": "CUSTOM", "Event-Subclass": "conference::maintenance", "Conference-Name": ROOM}
    base |= {"Conference-Unique-ID": CONFERENCE, "Path": PATH}

    def seen(action: str, **more: str) -> Any:
        return translate(event(**{**base, "Action": action, **more}), NODE)

    assert seen("start-recording") == told.RecordingStarted(ID, ROOM, "", CONFERENCE, 5000)
    assert seen("start-recording", Error="no").error == "no"
    assert seen("pause-recording") == told.RecordingPauseChanged(ID, ROOM, True, 5000)
    assert seen("resume-recording") == told.RecordingPauseChanged(ID, ROOM, False, 5000)
    ended = seen("stop-recording", **{"Milliseconds-Elapsed": "2620"})
    assert ended == told.RecordingEnded(ID, ROOM, "", 2620, 5000)
    assert seen("start-recording", Path="/tmp/somebody-elses.wav") is None


def test_events_of_a_leg() -> None:
    base = {"Unique-ID": CALL.partition("-")[2], "Record-File-Path": PATH}
    start = translate(event(**base, **{"Event-Name": "RECORD_START"}), NODE)
    assert start == told.RecordingStarted(ID, "", CALL, "", 5000)
    stop = event(**base, **{"Event-Name": "RECORD_STOP", "variable_record_ms": "1020", "Hangup-Cause": "NORMAL"})
    assert translate(stop, NODE) == told.RecordingEnded(ID, "", CALL, 1020, 5000, hung_up=True)
    assert translate(event(**{**base, "Record-File-Path": "/x.wav"}, **{"Event-Name": "RECORD_STOP"}), NODE) is None


def test_the_switchs_list_names_recordings() -> None:
    found: dict[str, bool] = {}
    members = [{"type": "recording_node", "record_path": PATH, "status": "paused"}, {"uuid": "x", "id": 1}]
    conferences = [{"conference_name": ROOM, "members": members}]
    assert list(noting(conferences, found)) == conferences
    assert found == {ID: True}


def test_a_rooms_recording_that_is_gone_has_ended() -> None:
    gone = told.RecordingEnded(ID, ROOM, "", None, LATER, missed=True)
    assert room_differences([OF_ROOM], {}, NOBODY, LATER) == [gone]
    assert room_differences([OF_ROOM], {}, frozenset({ROOM}), LATER) == []
    assert room_differences([OF_ROOM], {ID: False}, NOBODY, LATER) == []
    assert room_differences([OF_CALL], {}, NOBODY, LATER) == [], "uuid_buglist decides"


def test_a_start_that_was_not_told() -> None:
    unsure = replace(OF_ROOM, state=STARTING, started_at=None)
    assert room_differences([unsure], {}, NOBODY, LATER - 1) == [], "it may be on its way"
    assert room_differences([unsure], {}, NOBODY, LATER)[0] == told.RecordingEnded(
        ID, ROOM, "", None, LATER, missed=True
    )
    assert room_differences([unsure], {ID: True}, NOBODY, 2000) == [
        told.RecordingStarted(ID, ROOM, "", "", 2000),
        told.RecordingPauseChanged(ID, ROOM, True, 2000),
    ]


def test_a_pause_that_was_not_told() -> None:
    assert room_differences([OF_ROOM], {ID: True}, NOBODY, 9) == [told.RecordingPauseChanged(ID, ROOM, True, 9)]
    paused = replace(OF_ROOM, state=PAUSED)
    assert room_differences([paused], {ID: False}, NOBODY, 9) == [told.RecordingPauseChanged(ID, ROOM, False, 9)]


def test_a_leg_is_asked() -> None:
    assert to_be_asked([OF_ROOM, OF_CALL], NOBODY) == [OF_CALL]
    assert to_be_asked([OF_CALL], frozenset({CALL})) == []
    gone = [told.RecordingEnded(ID, "", CALL, None, LATER, missed=True)]
    assert leg_differences(OF_CALL, BUGS, False, LATER) == []
    assert leg_differences(OF_CALL, "<media-bugs>\n</media-bugs>\n", False, LATER) == gone
    assert leg_differences(OF_CALL, "", False, LATER) == [], "no list is no proof"
    assert leg_differences(OF_CALL, "", True, LATER) == gone, "its call has ended"
    starting = replace(OF_CALL, state=STARTING, started_at=None)
    assert leg_differences(starting, BUGS, False, LATER) == [told.RecordingStarted(ID, "", CALL, "", LATER)]


def test_a_recording_that_an_application_makes_stands_in_the_list_of_channels() -> None:
    """Seen live: `<Record>` runs the application record, of which uuid_buglist knows nothing."""
    rows = [
        {"uuid": "a", "application": "record", "application_data": f"{PATH} 3601 200 5"},
        {"uuid": "b", "application": "playback", "application_data": PATH.replace("950e", "aaaa")},
        {"uuid": "c", "application": "record", "application_data": "/tmp/somebody-elses.wav 10"},
        {"uuid": "d", "application": "record"},
    ]
    found: set[str] = set()
    assert list(noting_records(rows, found)) == rows
    assert found == {ID}
    assert to_be_asked([OF_CALL], NOBODY, found) == []
    starting = replace(OF_CALL, state=STARTING, started_at=None)
    assert running([OF_CALL, OF_ROOM], NOBODY, found, LATER) == []
    assert running([starting], NOBODY, found, LATER) == [told.RecordingStarted(ID, "", CALL, "", LATER)]
    assert running([starting], frozenset({CALL}), found, LATER) == []


def test_a_recording_that_began_a_moment_ago_is_not_gone() -> None:
    """`show channels` "lags behind the events by up to half a second"."""
    nothing = "<media-bugs>\n</media-bugs>\n"
    assert leg_differences(OF_CALL, nothing, False, LATER - 1) == []
    assert leg_differences(OF_CALL, nothing, True, LATER - 1) != [], "its call has ended"
