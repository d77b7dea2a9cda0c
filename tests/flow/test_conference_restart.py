"""A gateway that is restarted while documents' calls are in a room: callers notice nothing (issue 3)."""

from pathlib import Path

from tests.flow.conference_house import ConferenceHouse


def test_ends_clocks_and_keys_are_taken_up(tmp_path: Path) -> None:
    """ "callers in a room notice nothing and their `action` URL still runs when they leave"; timeLimit "survives
    us"."""
    hall = ConferenceHouse(tmp_path, digits_match_timeout_ms=500)
    try:
        room = hall.name()
        action = hall.documents.put("/action", "<Response><Wait length='60'/></Response>")
        leader = hall.joined(room, endConferenceOnExit=True, timeLimit=30)
        other = hall.joined(room, action=action, digitsMatch="1,12", stayAlone=False)
        room_id = hall.room_id(other)
        hall.order("sched_api +30", room_id)
        asked = len(hall.documents.of("/answer"))
        hall.house.press(other, "1")
        hall.order("conference", " dtmf ")
        with hall.house.away():
            hall.house.switch.lines.clear()
        hall.order("sched_api +", room_id, "kick all")
        assert hall.told("digits", other)["ConferenceDigitsMatch"] == "1"
        assert not [line for line in hall.house.switch.lines if line.startswith("uuid_transfer")], "nobody joins anew"
        hall.house.hang_up(leader)
        assert hall.left(other)["cause"] == "end_on_exit"
        params = hall.documents.wait_for("/action", CallUUID=other)
        assert (params["ConferenceName"], params["ConferenceUUID"]) == (room, room_id)
        assert len(hall.documents.of("/answer")) == asked, "no document is fetched again"
        hall.house.sink.assert_ordered()
    finally:
        hall.stop()
