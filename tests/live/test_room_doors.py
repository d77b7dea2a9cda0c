"""Lock and PIN on a real FreeSWITCH, as a caller led by a document meets them (docs/rooms.md)."""

from collections.abc import Iterator

import pytest

from tests.document_app import DocumentApp
from tests.live.switch import RealSwitch
from tests.live.test_document_rooms import LIMIT_S, STAYS, LedStage, caller, room
from tests.stage import Guest
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def led(switch: RealSwitch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedStage]:
    documents = DocumentApp()
    led = LedStage(tmp_path_factory.mktemp("led"), switch, documents)
    try:
        led.stage.start()
        led.lead()
        yield led
    finally:
        led.stage.stop()
        documents.stop()


def dialled(led: LedStage, name: str) -> Guest:
    led.documents.default = f"<Response><Conference>{name}</Conference>{STAYS}</Response>"
    return led.stage.guest()


def asked(led: LedStage, guest: Guest) -> None:
    """The prompt is heard, and keys are waited for."""
    wait_for(lambda: guest.phone.answered, "the phone is answered", LIMIT_S)
    before = caller(guest).sound.loud_packets_heard
    wait_for(lambda: caller(guest).sound.loud_packets_heard > before + 10, "a prompt", LIMIT_S)
    application = f"uuid_getvar {guest.channel} current_application"
    wait_for(lambda: led.stage.switch.api(application).strip() == "play_and_get_digits", "keys are asked", LIMIT_S)


def test_a_wrong_pin_and_the_right_one(led: LedStage) -> None:
    name = room()
    room_id = led.stage.room(name)
    led.stage.post(f"conferences/{room_id}/pin", {"pin": "4711"})
    guest = dialled(led, name)
    asked(led, guest)
    caller(guest).send_keys("4712")
    asked(led, guest)
    assert led.stage.seated(room_id) == {}
    caller(guest).send_keys("4711")
    wait_for(lambda: led.event(guest, "conference.member.joined"), "it is in the room", LIMIT_S)
    assert set(led.stage.seated(room_id)) == {guest.id}


def test_a_locked_room(led: LedStage) -> None:
    name = room()
    room_id = led.stage.room(name)
    led.stage.post(f"conferences/{room_id}/lock")
    guest = dialled(led, name)
    wait_for(lambda: led.event(guest, "conference.member.join_failed"), "refused", LIMIT_S)
    assert led.event(guest, "conference.member.join_failed")[0]["data"]["reason"] == "locked"
    led.stage.post(f"conferences/{room_id}/unlock")
    inside = dialled(led, name)
    wait_for(lambda: led.event(inside, "conference.member.joined"), "open again", LIMIT_S)
    led.stage.post(f"conferences/{room_id}/lock")
    locked = f"conference {room_id} get is_locked"
    wait_for(lambda: led.stage.switch.api(locked) == "locked", "the switch keeps it locked", LIMIT_S)
    assert not guest.phone.ended
