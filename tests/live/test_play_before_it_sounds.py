"""What is asked of a file that the real switch is still opening: the switch refuses it, the queue is the gateway's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.phones import SippPhones
from tests.live.switch import RealSwitch
from tests.slow_audio import SlowAudio
from tests.stage import Stage
from tests.waiting import wait_for


@pytest.fixture
def fetching(switch: RealSwitch, tmp_path: Path) -> Iterator[Stage]:
    """The switch fetches the files itself."""
    stage = Stage(tmp_path, switch, switch.esl_password, SippPhones(switch, tmp_path), media_fetch="switch")
    try:
        stage.start()
        yield stage
    finally:
        stage.stop()


def test_a_pause_while_the_switch_opens_the_file(fetching: Stage, switch: RealSwitch) -> None:
    """contract.md, Room playback: 409 is for a "pause with nothing playing"; conference.play.started was told."""
    audio, room, other = SlowAudio(1.0), fetching.room(), fetching.room()
    try:
        for place in (room, other):
            guest = fetching.guest()
            guest.hears("call.created")
            guest.answer()
            guest.join(place)
            fetching.hears(place, "conference.created", "conference.started", "conference.member.joined")
        operation = fetching.post(f"conferences/{room}/play", {"urls": [audio.url()]})["operation_id"]
        wait_for(audio.asked.is_set, "the switch asks for the file", 10)
        for command in ("file-vol -20", "pause_play"):
            assert switch.api(f"conference {room} {command}").startswith("-ERR")
        fetching.post(f"conferences/{room}/volume", {"volume": -20})
        assert fetching.post(f"conferences/{room}/pause") == {"operation_id": operation, "status": "paused"}
        audio.let_go()
        wait_for(lambda: switch.api(f"conference {room} play_status").startswith("+OK"), "the file is open", 10)
        fetching.post(f"conferences/{other}/play", {"urls": [fetching.audio(2)]})
        fetching.hears(other, "conference.play.started", "conference.play.finished")
        fetching.hears(room, "conference.play.started", "conference.play.volume_changed", "conference.play.paused")
        assert fetching.post(f"conferences/{room}/pause")["status"] == "resumed"
        fetching.hears(room, "conference.play.resumed", "conference.play.finished")
    finally:
        audio.stop()
