"""What an app asks to be played to one call: files, speech, prompts for keys, music on hold. Both fronts use it.

The commands change the state (leg_playback.py); leg_player.py then hands the sounds to the switch.
"""

from collections.abc import Callable
from dataclasses import asdict

from gateway.domain.ids import new_uuid
from gateway.domain.leg_playback import GATHER, HOLD, PLAY, SPEAK, LegPlayback
from gateway.domain.member import JOINED
from gateway.domain.session import Session
from gateway.domain.values import replace
from gateway.errors import Conflict
from gateway.services import led, leg_playback, operations
from gateway.services.commands import Answer, Asked, CommandDesk, Gate
from gateway.services.legs import Keys
from gateway.services.ownership import in_progress
from gateway.services.reactions import dials
from gateway.services.sessions import plan_for_call, stop_waiting
from gateway.store.unit_of_work import UnitOfWork

# Until the first sound is in the switch: it may have to be fetched or rendered before.
START_TIMEOUT_MS = 60_000
PROMPT_LIMIT_MS = 600_000
HOLD_BEEP = "tone_stream://v=-20;%(300,5000,440);loops=-1"
Sound = dict[str, str]


class LegAudio:
    """`check_speech(text, voice, language)` raises InvalidInput, or MediaError without an engine.

    `hold_music`: the URL for a hold that names none; '' for a soft beep.
    """

    def __init__(self, desk: CommandDesk, check_speech: Callable[[str, str, str], None], hold_music: str = "") -> None:
        self._desk = desk
        self._check_speech = check_speech
        self._hold_music = hold_music

    def play(self, asked: Asked, session_id: str, urls: list[str], loop: int = 1) -> Answer:
        """In order, `loop` times (0: until it is stopped). Conflict unless the call is in progress."""
        sounds = [{"url": url} for url in urls]
        return self._begin(asked, session_id, "playback/start", LegPlayback("", session_id, "", PLAY, sounds, loop))

    def speak(
        self, asked: Asked, session_id: str, text: str, voice: str = "", language: str = "", loop: int = 1
    ) -> Answer:
        """InvalidInput for a text or a voice that cannot be; speech-unavailable where no engine is."""
        sounds = [self._speech(text, voice, language)]
        return self._begin(asked, session_id, "speak", LegPlayback("", session_id, "", SPEAK, sounds, loop))

    def prompt(self, text: str, voice: str, language: str) -> list[Sound]:
        """A text as the prompt of a gather."""
        return [self._speech(text, voice, language)]

    def gather(self, asked: Asked, session_id: str, prompt: list[Sound], keys: Keys) -> Answer:
        """Ends with call.gathered. Not in a room, whose own keys they would be."""
        playing = LegPlayback("", session_id, "", GATHER, prompt, notes=asdict(keys))
        limit_ms = START_TIMEOUT_MS + PROMPT_LIMIT_MS + keys.timeout_ms + keys.most * keys.digit_timeout_ms
        return self._begin(asked, session_id, "gather", playing, limit_ms)

    def hold(self, asked: Asked, session_id: str, url: str = "") -> Answer:
        """Music to the caller until unhold, or until something else is played. Not in a room."""
        url = url or self._hold_music
        sound = {"url": url} if url else {"stream": HOLD_BEEP}
        return self._begin(asked, session_id, "hold", LegPlayback("", session_id, "", HOLD, [sound], 0))

    def _speech(self, text: str, voice: str, language: str) -> Sound:
        self._check_speech(text, voice, language)
        return {"text": text, "voice": voice, "language": language}

    def _begin(
        self, asked: Asked, session_id: str, command: str, playing: LegPlayback, timeout_ms: int = START_TIMEOUT_MS
    ) -> Answer:
        needs = self._desk.needs(asked, sessions=(session_id,), flows=(session_id,))

        def plan(uow: UnitOfWork, session: Session, gate: Gate) -> Answer:
            _check_place(uow, in_progress(session), playing.kind)
            before = leg_playback.current(uow, session)
            if playing.kind == HOLD and before is not None and before.kind == HOLD:
                raise Conflict("The call is already on hold", "already-held")
            gate.close(uow)
            stop_waiting(uow, session)
            made = replace(
                playing, id=new_uuid(), app_id=session.app_id, command_uid=asked.command_uid, created_at=uow.now
            )
            leg_playback.begin(uow, uow.sessions.get(session_id) or session, made)
            return operations.begin(uow, asked, self._desk.owner, made.id, session_id, command, timeout_ms)

        return self._desk.run(asked, needs, plan_for_call(self._desk, asked, session_id, plan))


def _check_place(uow: UnitOfWork, session: Session, kind: str) -> None:
    seat = uow.seats.get(session.id)
    if seat is not None and seat.state != JOINED:
        raise Conflict("Session is still joining the conference", "still-joining", {"room_id": seat.room_id})
    if seat is not None and kind in (GATHER, HOLD):
        what = "collect keys from" if kind == GATHER else "put on hold"
        message = f"Cannot {what} a call in a conference room: let it leave the room first"
        raise Conflict(message, "in-conference", {"room_id": seat.room_id})
    if dials.is_connected(uow, session):
        raise Conflict("The call is connected with another one: only keys can be sent to it", "call-connected")
    if seat is None and led.is_led(uow, session.id):
        message = (
            "A document leads this call, and plays to it itself; in a conference room commands can play to it, too"
        )
        raise Conflict(message, "call-led")
