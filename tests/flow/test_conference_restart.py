"""A gateway that is restarted while documents' calls are in a room: callers notice nothing (issue 3)."""

from pathlib import Path

from tests.flow.conference_house import Led


def test_ends_clocks_and_keys_are_taken_up(tmp_path: Path) -> None:
    """ "callers in a room notice nothing and their `action` URL still runs when they leave"; timeLimit "survives
    us"."""
    led = Led(tmp_path, digits_match_timeout_ms=500)
    try:
        room = led.name()
        action = led.documents.put("/action", "<Response><Wait length='60'/></Response>")
        leader = led.joined(room, endConferenceOnExit=True, timeLimit=30)
        other = led.joined(room, action=action, digitsMatch="1,12", stayAlone=False)
        room_id = led.room_id(other)
        led.order("sched_api +30", room_id)
        asked = len(led.documents.of("/answer"))
        led.house.press(other, "1")
        led.order("conference", " dtmf ")
        with led.house.away():
            led.house.switch.lines.clear()
        led.order("sched_api +", room_id, "kick all")
        assert led.told("digits", other)["ConferenceDigitsMatch"] == "1"
        assert not [line for line in led.house.switch.lines if line.startswith("uuid_transfer")], "nobody joins anew"
        led.house.hang_up(leader)
        assert led.left(other)["cause"] == "end_on_exit"
        params = led.documents.wait_for("/action", CallUUID=other)
        assert (params["ConferenceName"], params["ConferenceUUID"]) == (room, room_id)
        assert len(led.documents.of("/answer")) == asked, "no document is fetched again"
        led.house.sink.assert_ordered()
    finally:
        led.stop()
