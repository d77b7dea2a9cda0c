"""What the switch's answers mean, as it really words them."""

import pytest

from gateway.switch.replies import Reply, job_reply


@pytest.mark.parametrize(
    "text", ["+OK\n", "+OK Success\n", "19", "true", "[]", "Energy 28 = 300\n", "+OK mute 13\n+OK mute 12\n", "0"]
)
def test_a_success(text: str) -> None:
    assert Reply(text).ok


@pytest.mark.parametrize(
    "text",
    ["", "\n", "-ERR No such channel!\n", "-USAGE: <uuid> [cause]\n", "-ERR no reply\n", " -ERR x", "-ERR"],
)
def test_a_failure(text: str) -> None:
    assert not Reply(text).ok


def test_one_error_among_the_lines_of_a_recording() -> None:
    assert not Reply("+OK Record file /a.wav\n-ERR cannot open /b.wav\n").ok_in_every_line
    assert Reply("Stopped recording file /r1.wav\n+OK Stopped recording 0 files\n").ok_in_every_line


def test_what_is_missing() -> None:
    assert Reply("-ERR No such channel!\n").no_such_channel
    assert Reply("-ERR invalid session id [nope]").no_such_channel
    assert Reply("-ERR Conference acW68-room-x not found\n").no_such_room
    assert not Reply("-ERR Conference command 'bogus_command' not found.\n").no_such_room
    assert Reply("-ERR Non-Existant ID 999\n").no_such_member
    assert Reply("-ERR (play) File: http://x/missing.wav not found.\n").file_not_found
    for text in ("-ERR no reply\n", "-ERR Nothing is playing\n", "-ERR File not playing\n"):
        assert Reply(text).nothing_playing


def test_pause_toggles() -> None:
    assert Reply("+OK Pause\n").paused is True
    assert Reply("+OK Resume\n").paused is False
    assert Reply("-ERR no reply\n").paused is None


def test_data_of_an_answer() -> None:
    assert Reply("+OK 175a4495-ab57\n").data == "175a4495-ab57"
    assert Reply("-ERR No such channel!\n").data == "No such channel!"
    assert Reply("19").data == "19"
    assert Reply("true").is_true
    assert not Reply("false").is_true


def test_json_of_an_answer() -> None:
    assert Reply('[{\n\t"conference_name":\t"x"}]').json() == [{"conference_name": "x"}]
    assert Reply("-ERR No such channel!\n").json() is None


def test_the_result_of_a_job() -> None:
    assert job_reply({"Job-UUID": "1", "_body": "+OK done\n"}) == Reply("+OK done\n", "1")
    assert not job_reply({"Job-UUID": "1"}).ok
