"""What a happening means: one table from its type to the change of state, the events and the effects it brings."""

from collections.abc import Callable
from typing import Any

from gateway.domain import happenings as told
from gateway.services import led, leg_playback
from gateway.services.reactions import dials, member_states
from gateway.services.reactions.calls import CallReactions
from gateway.services.reactions.members import MemberReactions
from gateway.services.reactions.recordings import RecordingReactions
from gateway.services.reactions.rooms import conference_gone, file_failed, file_played, floor_changed, lock_changed
from gateway.store.unit_of_work import Needs, UnitOfWork

# What may move the flow of a led call.
_OF_FLOWS = (
    told.CallParked, told.CallEnded, told.StepEnded, told.MemberJoined, told.MemberLeft, told.JoinEnded,
    told.KeyPressed,
)  # fmt: skip
_OF_RECORDINGS = (told.RecordingStarted, told.RecordingPauseChanged, told.RecordingEnded)


class Reactions:
    """`apply` one happening inside a unit of work. A happening that changes nothing is a no-op: duplicates by state."""

    def __init__(self, calls: CallReactions, members: MemberReactions, recordings: RecordingReactions) -> None:
        self._table: dict[type, Callable[[UnitOfWork, Any], None]] = {
            told.CallParked: calls.parked,
            told.CallRinging: dials.ringing,
            told.CallAnswered: calls.answered,
            told.CallsBridged: dials.bridged,
            told.CallEnded: calls.ended,
            told.KeyPressed: members.key_pressed,
            told.MemberJoined: members.joined,
            told.MemberLeft: members.left,
            told.MemberKicked: members.kicked,
            told.MemberMuteChanged: members.mute_changed,
            told.MemberDeafChanged: member_states.deaf_changed,
            told.MemberHoldChanged: member_states.hold_changed,
            told.MemberVolumeChanged: member_states.volume_changed,
            told.MemberFilePlayed: member_states.file_played,
            told.MemberTalking: members.talking,
            told.JoinEnded: members.join_ended,
            told.StepEnded: _step_ended,
            told.ConferenceGone: conference_gone,
            told.FloorChanged: floor_changed,
            told.RoomLockChanged: lock_changed,
            told.FilePlayed: file_played,
            told.FileFailed: file_failed,
            told.RecordingStarted: recordings.started,
            told.RecordingPauseChanged: recordings.paused,
            told.RecordingEnded: recordings.ended,
        }

    def apply(self, uow: UnitOfWork, happening: told.Happening) -> None:
        self._table[type(happening)](uow, happening)


def _step_ended(uow: UnitOfWork, it: told.StepEnded) -> None:
    """Of a document or of a command: each knows its own."""
    led.step_ended(uow, it)
    leg_playback.step_ended(uow, it)


def needs_of(happenings: list[told.Happening]) -> Needs:
    """The rooms and sessions that a batch names, to be loaded and locked at once."""
    sessions = {name for happening in happenings if (name := getattr(happening, "session_id", ""))}
    sessions |= {name for happening in happenings if (name := getattr(happening, "other_id", ""))}
    rooms = {name for happening in happenings if (name := getattr(happening, "room_id", ""))}
    flows = {happening.session_id for happening in happenings if isinstance(happening, _OF_FLOWS)}
    recordings = {happening.recording_id for happening in happenings if isinstance(happening, _OF_RECORDINGS)}
    return Needs(tuple(rooms), tuple(sessions), flows=tuple(flows), recordings=tuple(recordings))
