"""What an app asks of a room's playback: play, pause, stop, volume. The queue itself is in playback.py."""

from collections.abc import Callable

from gateway.domain.ids import new_uuid
from gateway.domain.room import PAUSED, PLAYING, Playback, Room
from gateway.domain.values import replace
from gateway.errors import Conflict
from gateway.services import announcements, by_reply, led, playback
from gateway.services.commands import Answer, Asked, CommandDesk, Gate, Step, with_uid
from gateway.services.effects import PlayNext
from gateway.services.ownership import occupied, own_room
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import FileVolume, PausePlay, StopPlay
from gateway.switch.replies import Reply

CONTROL = "conference_control"
Plan = Callable[[UnitOfWork], Answer | Step]
Apply = Callable[[UnitOfWork, Reply], Answer | None]


class RoomAudio:
    """`check_speech(text, voice, language)` raises InvalidInput, or MediaError without an engine.

    play and speak queue behind what runs, or with `interrupt` end it.
    """

    def __init__(self, store: Store, desk: CommandDesk, check_speech: Callable[[str, str, str], None]) -> None:
        self._store = store
        self._desk = desk
        self._check_speech = check_speech

    def play(self, asked: Asked, room_id: str, urls: list[str], interrupt: bool = False) -> Answer:
        """202 in_progress. Raises Conflict in an empty room."""
        return self._begin(asked, room_id, "conf_play", Playback("", room_id, "", urls), interrupt)

    def speak(
        self, asked: Asked, room_id: str, text: str, voice: str = "", language: str = "", interrupt: bool = False
    ) -> Answer:
        """202 in_progress. InvalidInput for a text or a voice that cannot be; Conflict in an empty room."""
        self._check_speech(text, voice, language)
        speech = {"text": text, "voice": voice, "language": language}
        return self._begin(asked, room_id, "conference_speak", Playback("", room_id, "", speech=speech), interrupt)

    def _begin(self, asked: Asked, room_id: str, group: str, wanted: Playback, interrupt: bool) -> Answer:
        def plan(uow: UnitOfWork) -> Answer:
            room = own_room(uow, asked.app, room_id)
            gate = self._desk.gate(uow, asked, group, room_id)
            if gate.answer:
                return gate.answer
            occupied(room)
            if not interrupt and len(playback.queue_of(uow, room)) >= playback.MAX_QUEUED:
                raise Conflict(f"{playback.MAX_QUEUED} playbacks are waiting in this room", "play-queue-full")
            gate.close(uow)
            playing = replace(
                wanted, id=new_uuid(), app_id=room.app_id, command_uid=asked.command_uid, created_at=uow.now
            )
            (playback.interrupt if interrupt else playback.enqueue)(uow, room, playing)
            return Answer(202, with_uid(asked, {"operation_id": playing.id, "status": "in_progress"}))

        return self._desk.run(asked, self._desk.needs(asked, group, room_id, rooms=(room_id,)), plan)

    def pause(self, asked: Asked, room_id: str) -> Answer:
        """Toggles. The switch fires no event of its own for it: its reply is the happening.

        It knows of no file that it has not opened yet: till then the queue alone, which is ours, is paused.
        """
        needs = self._desk.needs(asked, CONTROL, room_id, rooms=(room_id,))

        def plan(uow: UnitOfWork) -> Answer | Step:
            room, gate = self._gate(uow, asked, room_id)
            if gate.answer:
                return gate.answer
            playing = playback.current(uow, room)
            if playing is None or playing.status == playback.STOPPING:
                raise _nothing_playing()
            gate.close(uow)
            if not playing.is_open:
                return _toggled(uow, room, playing, asked)
            return Step(room.node_id, PausePlay(room.id), Answer(202, {}))

        def apply(uow: UnitOfWork, reply: Reply) -> Answer | None:
            room = uow.rooms.get(room_id)
            playing = playback.current(uow, room) if room else None
            # Behind a stop it ends as stopped, whatever this did.
            if room is None or playing is None or not reply.ok or playing.status == playback.STOPPING:
                waits = playing is not None and not playing.is_open and playing.status != playback.STOPPING
                if room and playing and waits and reply.nothing_playing:
                    return _toggled(uow, room, playing, asked)  # between two files: the next is on its way
                self._desk.forget(uow, asked, needs)
                return None
            paused = bool(reply.paused)
            if (playing.status == PAUSED) == paused:
                # The one before was done and its reply lost; nothing asks the switch which way it went (play_status
                # says the same of both), so it is told now, and what is told stays a chain.
                uow.emit(announcements.play_paused(room, playing, not paused, uow.now, ""))
            uow.playbacks.put(replace(playing, status=PAUSED if paused else PLAYING))
            uow.emit(announcements.play_paused(room, playing, paused, uow.now, asked.command_uid))
            return Answer(202, with_uid(asked, _body(playing, "paused" if paused else "resumed")))

        return self._control(asked, needs, plan, apply)

    def stop(self, asked: Asked, room_id: str) -> Answer:
        """Everything that plays or waits in the room. 200 already_stopped, without a webhook, when nothing does."""
        needs = self._desk.needs(asked, CONTROL, room_id, rooms=(room_id,))

        def plan(uow: UnitOfWork) -> Answer | Step:
            room, gate = self._gate(uow, asked, room_id)
            if gate.answer:
                return gate.answer
            playing = playback.current(uow, room)
            gate.close(uow, sends=playing is not None)
            if playing is None:
                return Answer(200, with_uid(asked, {"status": "already_stopped"}))
            uow.playbacks.put(replace(playing, status=playback.STOPPING, command_uid=asked.command_uid))
            answer = Answer(202, with_uid(asked, _body(playing, "stopped")))
            return Step(room.node_id, StopPlay(room.id), answer, lambda u: _go_on(u, room_id, playing))

        def apply(uow: UnitOfWork, _reply: Reply) -> None:
            # A switch that had no file to stop (between two) refuses: the queue is ours, and is cut all the same.
            if room := uow.rooms.get(room_id):
                playback.cut(uow, room, "stopped", uow.now, asked.command_uid)

        return self._control(asked, needs, plan, apply)

    def volume(self, asked: Asked, room_id: str, volume: int) -> Answer:
        """The room's setting, for what plays now and later; stored even when nothing plays (operation_id "")."""
        needs = self._desk.needs(asked, CONTROL, room_id, rooms=(room_id,))

        def plan(uow: UnitOfWork) -> Answer | Step:
            room, gate = self._gate(uow, asked, room_id)
            if gate.answer:
                return gate.answer
            gate.close(uow)
            playing = playback.current(uow, room)
            body = {"operation_id": playing.id if playing else "", "status": "volume_changed"}
            answer = Answer(202, with_uid(asked, body))
            if playing is not None and playing.is_open:
                return Step(room.node_id, FileVolume(room.id, volume), answer)
            _set_volume(uow, room, volume, asked)
            return answer

        def apply(uow: UnitOfWork, _reply: Reply) -> None:
            if room := uow.rooms.get(room_id):
                _set_volume(uow, room, volume, asked)

        return self._control(asked, needs, plan, apply)

    def _gate(self, uow: UnitOfWork, asked: Asked, room_id: str) -> tuple[Room, Gate]:
        return own_room(uow, asked.app, room_id), self._desk.gate(uow, asked, CONTROL, room_id)

    def _control(self, asked: Asked, needs: Needs, plan: Plan, apply: Apply) -> Answer:
        """Plan, send what it says, apply the reply: these commands have no event, the reply is the happening."""

        def send(step: Step) -> Answer:
            reply = self._desk.send(asked, step, needs, check=False)
            answer = self._store.write(lambda uow: apply(uow, reply), needs)
            answer = answer or (step.answer if step.answer.body else None)
            if answer is None:
                raise _nothing_playing()
            return answer

        return by_reply.carry_out(self._desk, asked, needs, plan, send)


def _body(playing: Playback, status: str) -> dict[str, object]:
    return {"operation_id": playing.id, "status": status}


def _toggled(uow: UnitOfWork, room: Room, playing: Playback, asked: Asked) -> Answer:
    """Paused or resumed before its file sounds: the player sees to it when the switch has it, or does not send it."""
    paused = playing.status != PAUSED
    uow.playbacks.put(replace(playing, status=PAUSED if paused else PLAYING))
    uow.emit(announcements.play_paused(room, playing, paused, uow.now, asked.command_uid))
    if not paused and not playing.sent_at:
        uow.after_commit(PlayNext(room.id, playing.id))
    return Answer(202, with_uid(asked, _body(playing, "paused" if paused else "resumed")))


def _set_volume(uow: UnitOfWork, room: Room, volume: int, asked: Asked) -> None:
    playing = playback.current(uow, room)
    room = replace(led.announced(uow, room, uow.now), volume=volume)
    uow.rooms.put(room)
    uow.emit(announcements.play_volume_changed(room, playing.id if playing else "", uow.now, asked.command_uid))


def _nothing_playing() -> Conflict:
    return Conflict("Nothing is playing in the conference room", "nothing-playing")


def _go_on(uow: UnitOfWork, room_id: str, before: Playback) -> None:
    room = uow.rooms.get(room_id)
    playing = playback.current(uow, room) if room else None
    if playing is not None and playing.status == playback.STOPPING:
        uow.playbacks.put(replace(playing, status=before.status, command_uid=before.command_uid))
        uow.after_commit(PlayNext(room_id, playing.id))
