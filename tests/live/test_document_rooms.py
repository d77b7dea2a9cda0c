"""<Conference> on a real FreeSWITCH with real callers: waiting room, music, beeps, keys, ends (contract.md)."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.document_app import DocumentApp
from tests.live.phones import SippPhones
from tests.live.sipp import SippCaller
from tests.live.switch import RealSwitch
from tests.plivo_documents import conference
from tests.stage import Guest, Stage
from tests.waiting import wait_for

LIMIT_S = 15.0
STAYS = "<Wait length='60'/>"
_names = count(1)


@pytest.fixture(scope="module")
def documents() -> Iterator[DocumentApp]:
    documents = DocumentApp()
    yield documents
    documents.stop()


@pytest.fixture(scope="module")
def led(switch: RealSwitch, documents: DocumentApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator["LedStage"]:
    folder = tmp_path_factory.mktemp("led")
    led = LedStage(folder, switch, documents)
    try:
        led.stage.start()
        led.lead()
        yield led
    finally:
        led.stage.stop()
    assert not documents.problems


class LedStage:
    """A stage whose callers are led by documents."""

    def __init__(self, folder: Path, switch: RealSwitch, documents: DocumentApp) -> None:
        self.switch, self.documents = switch, documents
        self.stage = Stage(folder, switch, switch.esl_password, SippPhones(switch, folder))
        self._document = ""

    def lead(self) -> None:
        stage = self.stage
        stage.gateway.cli("apps", "update", stage.keys.app_id, "--answer-url", self.documents.url("/answer"))
        self.documents.secret = stage.keys.webhook_secret

    def dialled(self, document: str) -> Guest:
        """A caller whom this document leads."""
        self.documents.default = document
        guest = self.stage.guest()
        wait_for(lambda: self.documents.of("/answer", CallUUID=guest.id), f"{guest.number} is led", LIMIT_S)
        return guest

    def seated(self, document: str) -> Guest:
        """And whom it leads into a room."""
        guest = self.dialled(document)
        wait_for(lambda: self.event(guest, "conference.member.joined"), f"{guest.number} is in the room", LIMIT_S)
        return guest

    def joined(self, room: str, after: str = STAYS, **attributes: Any) -> Guest:
        """A caller in the room."""
        given = {"callbackUrl": self.documents.url("/callback"), **attributes}
        return self.seated(conference(room, after, **given))

    def event(self, guest: Guest, name: str) -> list[dict[str, Any]]:
        return [e for e in self.stage.sink.events if e["event"] == name and e.get("session_uuid") == guest.id]

    def left(self, guest: Guest, limit_s: float = LIMIT_S) -> dict[str, Any]:
        wait_for(lambda: self.event(guest, "conference.member.left"), f"{guest.number} left", limit_s)
        data: dict[str, Any] = self.event(guest, "conference.member.left")[0]["data"]
        return data

    def told(self, action: str, guest: Guest) -> dict[str, str]:
        return self.documents.wait_for("/callback", ConferenceAction=action, CallUUID=guest.id)

    def member_id(self, guest: Guest) -> str:
        data: dict[str, Any] = self.event(guest, "conference.member.joined")[0]["data"]
        return str(data["member_id"])

    def room_id(self, guest: Guest) -> str:
        return str(self.event(guest, "conference.member.joined")[0]["room_id"])


def caller(guest: Guest) -> SippCaller:
    found: SippCaller = guest.phone.caller  # type: ignore[attr-defined]
    return found


def room() -> str:
    return f"room-{next(_names)}"


def loud(guest: Guest) -> int:
    return caller(guest).sound.loud_packets_heard


def hears(guest: Guest, why: str, packets: int = 15, limit_s: float = LIMIT_S) -> None:
    before = loud(guest)
    wait_for(lambda: loud(guest) - before >= packets, f"{why}: heard {loud(guest) - before} packets", limit_s)


def silent(guest: Guest, why: str) -> None:
    """A second passes without a sound; what is on its way may still come before it."""

    def quiet_second() -> bool:
        heard, before = caller(guest).sound.packets_heard, loud(guest)
        wait_for(lambda: caller(guest).sound.packets_heard >= heard + 50, "a second of packets", LIMIT_S)
        return loud(guest) == before

    wait_for(quiet_second, why, LIMIT_S)


def test_a_waiting_room_with_music_till_the_moderator_enters(led: LedStage) -> None:
    """Issue 3: "waiting room with music, moderator enters"."""
    name, music = room(), led.stage.audio(1.5)
    waiters = [led.joined(name, startConferenceOnEnter=False, waitSound=music) for _ in range(2)]
    for waiter in waiters:
        hears(waiter, "the music goes on and on", packets=150)
    starter = led.joined(name)
    for waiter in waiters:
        silent(waiter, "the music ended")
    caller(starter).play_tone(3)
    for waiter in waiters:
        hears(waiter, "the moderator is heard")
    starter.phone.hangup()
    waiters[1].phone.hangup()
    silent(waiters[0], "no music for a lone member after the start")


def test_a_document_as_music_and_a_native_starter(led: LedStage) -> None:
    """ "everyone else, native joins too, joins with the switch's moderator flag"."""
    sound = led.documents.put("/wait", f"<Response><Play>{led.stage.audio(1)}</Play><Wait/></Response>")
    waiter = led.joined(room(), startConferenceOnEnter=False, waitSound=sound)
    hears(waiter, "the document is played over and over", packets=120)
    led.documents.default = "<Response><Wait length='60'/></Response>"
    native = led.stage.guest()
    native.command("conference/join", {"room_id": led.room_id(waiter)})
    wait_for(lambda: led.event(native, "conference.member.joined"), "the native join", LIMIT_S)
    silent(waiter, "the room has started")


def test_beeps_are_heard(led: LedStage) -> None:
    name = room()
    stays = led.joined(name)
    silent(stays, "nobody speaks")
    before = loud(stays)
    goes = led.joined(name, enterSound="beep:1", exitSound="beep:2")
    wait_for(lambda: loud(stays) - before >= 10, "the beep of an entry", LIMIT_S)
    silent(stays, "one beep")
    before = loud(stays)
    goes.phone.hangup()
    wait_for(lambda: loud(stays) - before >= 15, "the two beeps of an exit", LIMIT_S)


def test_a_sound_by_url_is_heard(led: LedStage) -> None:
    name = room()
    stays = led.joined(name)
    url = led.documents.put("/hello", f"<Response><Play>{led.stage.audio(0.5)}</Play><Wait/></Response>")
    silent(stays, "nobody speaks")
    before = loud(stays)
    led.joined(name, enterSound=url)
    wait_for(lambda: loud(stays) - before >= 20, "the sound of an entry", LIMIT_S)


def test_muted_is_not_heard(led: LedStage) -> None:
    name = room()
    listener, quiet = led.joined(name), led.joined(name, muted=True)
    silent(listener, "nobody speaks")
    caller(quiet).play_tone(2)
    silent(listener, "a muted member is not heard")
    quiet.phone.press("*6")
    wait_for(lambda: led.event(quiet, "conference.member.unmuted"), "*6 unmutes", LIMIT_S)
    caller(quiet).play_tone(2)
    hears(listener, "now it is")


def test_the_leader_leaves_and_nobody_is_hung_up(led: LedStage) -> None:
    """ "end on exit with action URL"."""
    name = room()
    action = led.documents.put("/after", "<Response><Wait length='60'/></Response>")
    leaders = [led.joined(name, endConferenceOnExit=True) for _ in range(2)]
    other = led.joined(name, action=action)
    leaders[0].phone.hangup()
    for guest in (other, leaders[1]):
        data = led.left(guest)
        assert (data["reason"], data["cause"]) == ("removed", "end_on_exit")
        assert not guest.phone.ended
    assert led.documents.wait_for("/after", CallUUID=other.id)["ConferenceName"] == name


def test_nobody_stays_alone(led: LedStage) -> None:
    name = room()
    first, second = led.joined(name, stayAlone=False), led.joined(name)
    second.phone.hangup()
    assert led.left(first)["cause"] == "stay_alone"
    assert not first.phone.ended


def test_the_time_limit(led: LedStage) -> None:
    name = room()
    first = led.joined(name, timeLimit=3)
    second = led.joined(name)
    assert led.left(first)["cause"] == led.left(second)["cause"] == "time_limit"
    assert 1500 <= led.left(first)["duration_ms"] <= 5500
    assert not first.phone.ended


def test_star_leaves_and_star_six_mutes(led: LedStage) -> None:
    guest = led.joined(room(), hangupOnStar=True)
    guest.phone.press("*6")
    wait_for(lambda: led.event(guest, "conference.member.muted"), "*6 mutes", LIMIT_S)
    assert led.event(guest, "conference.member.muted")[0]["data"]["by"] == "member"
    guest.phone.press("*")
    data = led.left(guest)
    assert (data["reason"], data["cause"]) == ("removed", "self")
    assert not guest.phone.ended


def test_digits_match(led: LedStage) -> None:
    name = room()
    guest, other = led.joined(name, digitsMatch="1,123"), led.joined(name)
    guest.phone.press("123")
    assert led.told("digits", guest)["ConferenceDigitsMatch"] == "123"
    guest.phone.press("1")
    found = led.documents.of
    wait_for(lambda: len(found("/callback", ConferenceAction="digits", CallUUID=guest.id)) == 2, "both", LIMIT_S)
    assert found("/callback", ConferenceAction="digits", CallUUID=guest.id)[1]["ConferenceDigitsMatch"] == "1"
    wait_for(lambda: caller(other).sound.keys_heard, "the keys are relayed (RFC 2833)", LIMIT_S)
    assert caller(other).sound.keys_heard.startswith("123")
    assert not caller(guest).sound.keys_heard


def test_enter_floor_and_exit_are_called_back(led: LedStage) -> None:
    guest = led.joined(room(), floorEvent=True)
    enter = led.told("enter", guest)
    assert enter["ConferenceUUID"] == led.room_id(guest) and enter["ConferenceMemberID"].startswith("m")
    led.told("floor", guest)
    guest.phone.hangup()
    led.told("exit", guest)


def test_who_finds_the_room_full_goes_on(led: LedStage) -> None:
    name = room()
    first = led.joined(name, maxMembers=1)
    second = led.dialled(
        f'<Response><Conference maxMembers="1">{name}</Conference><Play>{led.stage.audio(2)}</Play>{STAYS}</Response>'
    )
    wait_for(lambda: led.event(second, "conference.member.join_failed"), "it is told", LIMIT_S)
    assert led.event(second, "conference.member.join_failed")[0]["data"]["reason"] == "full"
    hears(second, "the next verb")
    assert not first.phone.ended and not led.event(second, "conference.member.joined")


def test_callbacks_and_action_by_get(led: LedStage) -> None:
    """callbackMethod, method and redirect=false; ConferenceMemberID is one and the same in all of them."""
    action = led.documents.put("/told", "<Response><Redirect>http://127.0.0.1:1/</Redirect></Response>")
    guest = led.joined(
        room(), after=f"<Play>{led.stage.audio(2)}</Play>{STAYS}", callbackMethod="GET", hangupOnStar=True,
        action=action, method="GET", redirect=False,
    )  # fmt: skip
    enter = led.told("enter", guest)
    guest.phone.press("*")
    told = led.documents.wait_for("/told", CallUUID=guest.id)
    assert told["ConferenceMemberID"] == enter["ConferenceMemberID"] == led.told("exit", guest)["ConferenceMemberID"]
    assert told["ConferenceMemberID"] == led.member_id(guest) and told["ConferenceUUID"] == led.room_id(guest)
    methods = {(one.path, one.method) for one in led.documents.asked if one.params.get("CallUUID") == guest.id}
    assert methods == {("/answer", "POST"), ("/callback", "GET"), ("/told", "GET")}
    hears(guest, "the document goes on with its next verb")


def test_minivoice_rooms(led: LedStage) -> None:
    """contracts/minivoice-conference-action.txt, "Testing": both callers hear each other; mute, end_on_exit."""
    name = room()
    speaks = led.seated(f'{{"actions": [{{"conference": {{"room": "{name}"}}}}]}}')
    quiet = led.seated(f'{{"actions": [{{"conference": {{"room": "{name}", "mute": true}}}}]}}')
    leader = led.seated(f'{{"actions": [{{"type": "conference", "room": "{name}", "end_on_exit": true}}]}}')
    assert led.room_id(speaks) == led.room_id(quiet) == led.room_id(leader)
    caller(quiet).play_tone(2)
    for guest in (speaks, leader):
        silent(guest, "who joined muted is not heard")
    caller(speaks).play_tone(3)
    hears(quiet, "a muted member hears the room")
    hears(leader, "the room")
    leader.phone.hangup()
    for guest in (speaks, quiet):
        assert led.left(guest)["cause"] == "end_on_exit"
        wait_for(lambda guest=guest: guest.phone.ended, "with no action left it is hung up", LIMIT_S)  # type: ignore[misc]
