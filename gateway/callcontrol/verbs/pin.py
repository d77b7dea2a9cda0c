"""A room's PIN, asked at its door (docs/rooms.md). In: the led call, the room's name. Out: None, or who was refused."""

from gateway.callcontrol.performer import LedCall
from gateway.callcontrol.verbs.sound import FAULTS
from gateway.domain.events import Event
from gateway.services import announcements, legs, room_settings
from gateway.services.reactions.members import new_seat

MOST_TRIES = 3
FIRST_KEY_MS, NEXT_KEY_MS = 10_000, 5_000
PROMPT = "Please enter the pin of this conference."
REFUSED = "refused"


def refused_at_the_door(call: LedCall, room_name: str) -> Event | None:
    """None: come in. Else what the app is told of the caller who did not know the PIN in three tries."""
    for _ in range(MOST_TRIES):
        if call.is_let_in():
            return None
        room = call.room(room_name)
        pin = room_settings.pin_of(room) if room is not None else ""
        if not pin and not call.has_begun():
            return None
        if _asked(call, pin) == pin:
            return None
    room = None if call.is_let_in() else call.room(room_name)
    if room is None:
        return None
    at = call.now_ms()
    return announcements.member_join_failed(room, call.session, new_seat(room, call.session, at), REFUSED, at)


def _asked(call: LedCall, pin: str) -> str:
    """One try; '' where nothing, or no digits, came. Without a pin by now, whatever comes lets in."""
    call.answer()
    keys = legs.Keys(1, len(pin) or 16, 1, FIRST_KEY_MS, NEXT_KEY_MS, "#", "0123456789")
    result = call.step("play_and_get_digits", legs.keys_argument(keys, _prompt(call), ""))
    if not pin:
        return ""
    return result[legs.DIGITS] if result["read_result"] == "success" else ""


def _prompt(call: LedCall) -> list[str]:
    """Spoken where there is an engine; the beep is enough to be asked."""
    try:
        return [call.spoken(PROMPT, "", ""), legs.BEEP]
    except FAULTS:
        return [legs.BEEP]
