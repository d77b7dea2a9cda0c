"""What an app asks of a room as a whole, beyond its playback: lock, unlock, pin, all muted or unmuted."""

from gateway.domain.member import JOINED, Seat, mute_asked, mute_untaken
from gateway.domain.room import Room
from gateway.domain.values import replace
from gateway.errors import Conflict, SwitchError, SwitchRefused, SwitchTimeout
from gateway.services import announcements, by_reply, led, room_settings
from gateway.services.commands import Answer, Asked, CommandDesk, Gate, Step, with_uid
from gateway.services.effects import LockAgain
from gateway.services.ownership import occupied, own_room
from gateway.services.room_settings import MODERATOR
from gateway.store import finders
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.switch.commands import Lock, Mute, Unlock, Unmute
from gateway.switch.replies import Reply

LOCKS, MUTES = "conference_lock", "conference_mute_all"
# Of each member, in the answer to mute_all and unmute_all.
SPARED, JOINING, FAILED, UNKNOWN = "spared", "still_joining", "failed", "unknown"


class RoomCommands:
    def __init__(self, store: Store, desk: CommandDesk) -> None:
        self._store = store
        self._desk = desk

    def lock(self, asked: Asked, room_id: str, locked: bool) -> Answer:
        """202 locked or unlocked; raises Conflict when it is so already. With nobody in the room it is so at once."""
        needs = self._desk.needs(asked, LOCKS, room_id, rooms=(room_id,))
        word = "locked" if locked else "unlocked"
        answer = Answer(202, with_uid(asked, {"status": word, "room_id": room_id}))

        def plan(uow: UnitOfWork) -> Answer | Step:
            room, gate = self._gate(uow, asked, LOCKS, room_id)
            if gate.answer:
                return gate.answer
            if room.locked == locked:
                raise Conflict(f"The conference room is already {word}", f"already-{word}")
            gate.close(uow)
            if not room.members:
                _set_lock(uow, room_id, locked, asked)
                return answer
            uow.rooms.put(room_settings.lock_asked(room, locked, asked.command_uid, uow.now))
            return Step(room.node_id, Lock(room_id) if locked else Unlock(room_id), answer, untaken)

        def untaken(uow: UnitOfWork) -> None:
            if room := uow.rooms.get(room_id):
                uow.rooms.put(room_settings.lock_untaken(room, asked.command_uid))

        def send(step: Step) -> Answer:
            reply = self._desk.send(asked, step, needs, check=False)
            if not reply.ok:
                self._store.write(lambda uow: self._not_done(uow, asked, step, needs, reply, locked), needs)
                if not reply.no_such_room:
                    raise SwitchRefused("The switch refused it", reply.text)
            return answer

        return by_reply.carry_out(self._desk, asked, needs, plan, send)

    def _not_done(self, uow: UnitOfWork, asked: Asked, step: Step, needs: Needs, reply: Reply, locked: bool) -> None:
        """Where the last member left in between it is stored, and set when the conference is born again."""
        step.undo(uow)
        if reply.no_such_room:
            _set_lock(uow, needs.rooms[0], locked, asked)
            uow.after_commit(LockAgain(needs.rooms[0]))  # if that has happened by now
        else:
            self._desk.forget(uow, asked, needs)

    def pin(self, asked: Asked, room_id: str, pin: str) -> Answer:
        """202 pin_set, or with '' pin_cleared. The gateway asks for it before a document's call comes in."""
        needs = self._desk.needs(asked, LOCKS, room_id, rooms=(room_id,))

        def plan(uow: UnitOfWork) -> Answer:
            room, gate = self._gate(uow, asked, LOCKS, room_id)
            if gate.answer:
                return gate.answer
            gate.close(uow)
            if room_settings.pin_of(room) != pin:
                room = led.announced(uow, room, uow.now)
                uow.rooms.put(room_settings.with_pin(room, pin))
                uow.emit(announcements.pin_changed(room, bool(pin), uow.now, asked.command_uid))
            status = "pin_set" if pin else "pin_cleared"
            return Answer(202, with_uid(asked, {"status": status, "room_id": room_id}))

        return self._desk.run(asked, needs, plan)

    def mute_all(self, asked: Asked, room_id: str, muted: bool, spare_moderators: bool = False) -> Answer:
        """202 with what became of each member; the webhooks of those that change follow. Raises Conflict when empty."""
        needs = self._desk.needs(asked, MUTES, room_id, rooms=(room_id,))
        word = "mute" if muted else "unmute"
        chosen: dict[str, Seat] = {}
        results: dict[str, str] = {}

        def plan(uow: UnitOfWork) -> Answer | None:
            """None where something is to be sent: the answer is known only then."""
            room, gate = self._gate(uow, asked, MUTES, room_id)
            if gate.answer:
                return gate.answer
            occupied(room)
            gate.close(uow)
            seats = [*finders.joined_seats(uow, room_id), *finders.joining_seats(uow, room_id)]
            for seat in sorted(seats, key=lambda one: one.seat_no):
                results[seat.session_id] = _fate(room, seat, muted, spare_moderators)
                if not results[seat.session_id]:
                    chosen[seat.session_id] = seat
                    uow.seats.put(mute_asked(seat, word, asked.command_uid, uow.now))
            return None

        with self._desk.under_way(asked):
            repeated = self._desk.decide(asked, needs, plan)
            if repeated is not None:
                return repeated
            self._send_each(asked, needs, room_id, chosen, results, muted)
            answer = self._answer(asked, room_id, word, results)
            self._desk.remember(asked, answer)
            return answer

    def _send_each(
        self, asked: Asked, needs: Needs, room_id: str, chosen: dict[str, Seat], results: dict[str, str], muted: bool
    ) -> None:
        """One after the other, each with its own result; a switch that is away before the first refuses it all."""
        node_id, done = room_id.partition("-")[0], "muted" if muted else "unmuted"
        for session_id, seat in chosen.items():
            command = Mute(room_id, seat.member_id) if muted else Unmute(room_id, seat.member_id)
            try:
                results[session_id] = done if self._desk.ask(node_id, command).ok else FAILED
            except SwitchTimeout:
                results[session_id] = UNKNOWN
            except SwitchError as error:
                results[session_id] = FAILED
                if done not in results.values() and UNKNOWN not in results.values():
                    self._take_back(asked, needs, list(chosen), forget=True)
                    raise error
        self._take_back(asked, needs, [one for one in chosen if results[one] == FAILED], forget=False)

    def _take_back(self, asked: Asked, needs: Needs, sessions: list[str], forget: bool) -> None:
        if not sessions:
            return

        def work(uow: UnitOfWork) -> None:
            if forget:
                self._desk.forget(uow, asked, needs)
            for session_id in sessions:
                if seat := uow.seats.get(session_id):
                    uow.seats.put(mute_untaken(seat, asked.command_uid))

        self._store.write(work, needs)

    def _answer(self, asked: Asked, room_id: str, word: str, results: dict[str, str]) -> Answer:
        members = [{"uuid": session_id, "status": status} for session_id, status in results.items()]
        return Answer(202, with_uid(asked, {"status": f"{word}d", "room_id": room_id, "members": members}))

    def _gate(self, uow: UnitOfWork, asked: Asked, group: str, room_id: str) -> tuple[Room, Gate]:
        return own_room(uow, asked.app, room_id), self._desk.gate(uow, asked, group, room_id)


def _fate(room: Room, seat: Seat, muted: bool, spare_moderators: bool) -> str:
    """Why nothing is sent for a member, '' where something is."""
    if seat.state != JOINED:
        return JOINING
    if spare_moderators and room_settings.role_of(room, seat.session_id) == MODERATOR:
        return SPARED
    if seat.muted == muted:
        return "already_muted" if muted else "already_unmuted"
    return ""


def _set_lock(uow: UnitOfWork, room_id: str, locked: bool, asked: Asked) -> None:
    room = uow.rooms.get(room_id)
    if room is not None and room.locked != locked:
        room = replace(led.announced(uow, room, uow.now), locked=locked)
        uow.rooms.put(room)
        uow.emit(announcements.room_lock_changed(room, uow.now, asked.command_uid))
