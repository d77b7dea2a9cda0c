"""Playing and recording: real lengths, the queue's order, what cannot be opened, and files that are on the disk."""

import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from gevent.pywsgi import WSGIServer

from gateway.simulator.options import Options
from gateway.simulator.sounds import ENDLESS, SoundMissing, open_sound
from tests.unit.simulator.client import Client


def write_wav(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(int(seconds * 8000) * 2))
    return path


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """Serves tmp_path; its URL."""

    def answer(environ: dict[str, str], start: object) -> list[bytes]:
        file = tmp_path / environ["PATH_INFO"].lstrip("/")
        assert callable(start)
        start("200 OK" if file.exists() else "404 Not Found", [])
        return [file.read_bytes()] if file.exists() else [b"no"]

    server = WSGIServer(("127.0.0.1", 0), answer, log=None)
    server.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.stop()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("silence_stream://1500", 1.5),
        ("silence_stream://-1", ENDLESS),
        ("tone_stream://v=-3;%(2000,0,700)", 2.0),
        ("tone_stream://%(100,400,440);loops=3", 1.5),
        ("local_stream://moh", ENDLESS),
    ],
)
def test_streams_have_the_length_they_say(text: str, seconds: float) -> None:
    assert open_sound(text, Options()).seconds == seconds


def test_a_file_has_its_real_length_and_parameters_come_first(tmp_path: Path) -> None:
    sound = open_sound(f"{{vol=-2,operation_id=op-1}}{write_wav(tmp_path / 'a.wav', 0.25)}", Options())
    assert (sound.seconds, sound.params) == (0.25, {"vol": "-2", "operation_id": "op-1"})
    with pytest.raises(SoundMissing):
        open_sound(str(tmp_path / "none.wav"), Options())


def test_files_play_in_their_order_and_tell_it(client: Client, tmp_path: Path, web: str) -> None:
    client.join(client.call(), "room")
    write_wav(tmp_path / "a.wav", 0.05)
    files = [f"{{operation_id=one}}{tmp_path}/a.wav", f"{{operation_id=two}}{web}/a.wav#.wav"]
    for file in files:
        assert client.api(f"conference room play {file}") == f"+OK (play) Playing file {file}\n"
    client.wait("play-file-done", 2)
    assert [event["File"] for event in client.named("play-file-done")] == files
    assert [event["operation_id"] for event in client.named("play-file-done")] == ["one", "two"]
    # the parameters of play-file are the head's, not its own
    assert [event["operation_id"] for event in client.named("play-file")][0] == "one"


def test_what_cannot_be_opened_is_refused_with_an_event(client: Client, web: str) -> None:
    client.join(client.call(), "room")
    for missing in (f"{web}/none.wav", "/none.wav", "nosuch://x"):
        assert client.api(f"conference room play {missing}") == f"-ERR (play) File: {missing} not found.\n"
    assert [event["Error"] for event in client.named("play-file")] == ["File could not be played"] * 3
    assert not client.named("play-file-done")


def test_pause_holds_the_head_and_stop_ends_all(client: Client) -> None:
    client.join(client.call(), "room")
    assert client.api("conference room pause_play") == "-ERR no reply\n"
    client.api("conference room play silence_stream://20")
    assert client.api("conference room pause_play") == "+OK Pause\n"
    client.api("conference room play silence_stream://10000")
    client.api("conference room play silence_stream://10000 async")
    assert not client.named("play-file-done")
    assert client.api("conference room file-vol 2") == "+OK volume changed\n"
    assert client.api("conference room stop all") == "+OK Stopped 3 files.\n"
    client.wait("play-file-done", 3)
    assert client.api("conference room stop all") == "+OK Stopped 0 files.\n"


def test_files_end_with_the_room(client: Client) -> None:
    uuid = client.call()
    client.join(uuid, "room")
    client.api("conference room play silence_stream://60000")
    client.api(f"uuid_kill {uuid}")
    client.wait("conference-destroy")
    assert client.actions()[-3:] == ["del-member", "play-file-done", "conference-destroy"]


def test_a_recording_is_a_wav_file_as_long_as_it_says(client: Client, tmp_path: Path) -> None:
    client.join(client.call(), "room")
    path = tmp_path / "new" / "r.wav"
    assert client.api(f"conference room recording start {path}") == f"+OK Record file {path}\n"
    used = f"-ERR file [{path}] is already being used for recording.\n"
    assert client.api(f"conference room recording start {path}") == used
    client.api(f"conference room play silence_stream://{100}")
    client.wait("play-file-done")
    client.api(f"conference room recording pause {path}")
    client.api(f"conference room recording stop {path}")
    told = client.wait("stop-recording")
    with wave.open(str(path)) as file:
        assert file.getnframes() == int(told["Samples-Out"]) >= 800
    assert int(told["Milliseconds-Elapsed"]) == int(told["Samples-Out"]) // 8


def test_a_recording_that_cannot_be_written_answers_ok_and_tells_an_error(client: Client) -> None:
    client.join(client.call(), "room")
    assert client.api("conference room recording start /proc/none/r.wav").startswith("+OK")
    assert client.wait("start-recording")["Error"] == "File could not be opened for recording"


def test_a_call_lists_its_recordings(client: Client, tmp_path: Path) -> None:
    """As a real switch answered; of a call that is not there it says nothing."""
    channel = client.call()
    path = tmp_path / "leg.wav"
    assert client.api(f"uuid_buglist {channel}") == "<media-bugs>\n</media-bugs>\n"
    assert client.api(f"uuid_record {channel} start {path}").startswith("+OK")
    assert client.api(f"uuid_buglist {channel}") == (
        "<media-bugs>\n <media-bug>\n  <function>session_record</function>\n"
        f"  <target>{path}</target>\n  <thread-locked>0</thread-locked>\n </media-bug>\n</media-bugs>\n"
    )
    assert client.api("uuid_buglist 11111111-1111-4111-8111-111111111119") == "-ERR no reply\n"
    assert client.api("uuid_buglist") == "-USAGE: <uuid>\n"
