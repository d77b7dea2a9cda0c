"""Commands as values: fields come in, exact text for the switch comes out (`.text`), or UnsafeArgument."""

from gateway.switch.commands.base import Command, Kind
from gateway.switch.commands.calls import (
    AnswerCall,
    Break,
    ControlPlayback,
    Execute,
    Join,
    Kill,
    Leave,
    MuteLeg,
    PreAnswer,
    RecordCall,
    ScheduleDelete,
    ScheduleHangup,
    SendDigits,
    SetVariables,
    TakeOver,
)
from gateway.switch.commands.dialling import Bridge, Originate
from gateway.switch.commands.queries import (
    ChannelDump,
    ChannelExists,
    ConferenceList,
    MediaBugs,
    Ping,
    RoomList,
    ShowChannels,
)
from gateway.switch.commands.room_recordings import RecordRoom, ScheduleStopRecording, StopAllRecordings
from gateway.switch.commands.rooms import (
    Deaf,
    FileVolume,
    Floor,
    Hold,
    Kick,
    KickAll,
    Lock,
    MemberVolume,
    Music,
    Mute,
    PausePlay,
    Play,
    PlayStatus,
    PlayToMember,
    Relate,
    ScheduleKickAll,
    SeekPlay,
    SendDigitsToMember,
    StopPlay,
    Undeaf,
    Unhold,
    Unlock,
    Unmute,
)
from gateway.switch.commands.speech import RenderSpeech

__all__ = [
    "AnswerCall", "Break", "Bridge", "ChannelDump", "ChannelExists", "Command", "ConferenceList",
    "ControlPlayback", "Deaf", "Execute", "FileVolume", "Floor", "Hold", "Join", "Kick", "KickAll",
    "Kill", "Kind", "Leave", "Lock", "MediaBugs", "MemberVolume", "Music", "Mute", "MuteLeg", "Originate", "PausePlay",
    "Ping", "Play", "PlayStatus", "PlayToMember", "PreAnswer", "RecordRoom", "RecordCall", "Relate", "RenderSpeech",
    "RoomList", "ScheduleDelete", "ScheduleHangup", "ScheduleKickAll", "ScheduleStopRecording", "SeekPlay",
    "SendDigits", "SendDigitsToMember",
    "SetVariables", "ShowChannels", "StopAllRecordings", "StopPlay", "TakeOver", "Undeaf", "Unhold", "Unlock", "Unmute",
]  # fmt: skip
