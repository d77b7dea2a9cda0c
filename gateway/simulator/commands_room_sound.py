"""`conference ROOM play, say, stop, recording …`: the room's sounds and recordings; may wait for a download."""

import gevent

from gateway.simulator import member_actions as act
from gateway.simulator.commands_room import RoomCommand, Usage
from gateway.simulator.conferences import Room
from gateway.simulator.members import Member
from gateway.simulator.numbers import whole_number
from gateway.simulator.playing import Node
from gateway.simulator.sounds import Sound, SoundMissing, open_sound, speech_seconds
from gateway.simulator.switchboard import Switchboard


def _member(room: Room, whom: str) -> Member | None:
    if whom.lower() == "last":
        return max(room.members, key=lambda m: m.id, default=None)
    return room.by_id.get(whole_number(whom))


def _speech(text: str) -> Sound:
    return Sound(text, speech_seconds(text))


def play(board: Switchboard, room: Room, words: list[str]) -> str:
    arguments = words[1:]
    is_async = len(arguments) > 1 and arguments[-1].lower() == "async"
    if is_async:
        arguments = arguments[:-1]
    if not arguments:
        raise Usage
    if len(arguments) == 1:
        return _play_to_room(board, room, arguments[0], is_async)
    return _play_to_member(board, room, arguments[0], arguments[1])


def _play_to_room(board: Switchboard, room: Room, text: str, is_async: bool) -> str:
    if text.lower().startswith("say:") and not is_async:
        if not _say(board, room, text[4:]):
            return f"-ERR (play) File: {text} not found.\n"
    elif not _play_file(board, room, text, is_async):
        return f"-ERR (play) File: {text} not found.\n"
    head = room.queue.head  # the parameters are the head's, even when another file was queued
    params = tuple(head.sound.params.items()) if head is not None else ()
    told = (("File", text), ("Async", "true" if is_async else "false"))
    room.fire("play-file", *told, before=params)
    return f"+OK (play) Playing file {text}\n"


def _play_file(board: Switchboard, room: Room, text: str, is_async: bool) -> bool:
    if not room.running or not room.count:
        return False
    try:
        sound = open_sound(text, board.core.options)
    except SoundMissing:
        told = (("File", text), ("Async", "true" if is_async else "false"))
        room.fire("play-file", *told, ("Error", "File could not be played"))
        return False
    if not room.running or not room.count:  # the download took a while
        return False
    room.play(Node(sound, is_async=is_async))
    return True


def _play_to_member(board: Switchboard, room: Room, text: str, whom: str) -> str:
    member = _member(room, whom)
    if member is None:
        raise Usage(f"-ERR Member: {whole_number(whom)} not found.\n")
    if member.kicked:
        return f"-ERR (play) File: {text} not found.\n"
    try:
        sound = _speech(text) if text.lower().startswith("say:") else open_sound(text, board.core.options)
    except SoundMissing:
        return f"-ERR (play) File: {text} not found.\n"
    act.play_to(room, member, sound, speech=text.lower().startswith("say:"))
    head = member.queue.head if member.queue is not None else None
    before = tuple(head.sound.params.items()) if head is not None else ()
    room.fire("play-file-member", ("File", text), before=before, member=member)
    return f"+OK (play) Playing file {text} to member {member.id}\n"


def _say(board: Switchboard, room: Room, text: str) -> bool:
    if not room.profile.speaks or not room.count or not text:
        return False
    gevent.sleep(board.core.options.speech_open_s)
    room.queue.add(Node(_speech(text), speech=True))
    return True


def say(board: Switchboard, room: Room, text: str) -> str:
    if not text:
        raise Usage("-ERR (say) Error! No text.\n")
    if not _say(board, room, text):
        raise Usage("-ERR (say) Error!\n")
    room.fire("speak-text", ("Text", text))
    return "+OK (say) OK\n"


def say_member(board: Switchboard, room: Room, text: str) -> str:
    whom, _, words = text.partition(" ")
    if not whom or not words:
        raise Usage("-ERR (saymember) No Text!\n")
    member = _member(room, whom)
    if member is None:
        raise Usage(f"-ERR (saymember) Unknown Member {whom}!\n")
    if not room.profile.speaks:
        raise Usage("-ERR (saymember) Error!\n")
    gevent.sleep(board.core.options.speech_open_s)
    act.play_to(room, member, _speech(words), speech=True)
    room.fire("speak-text-member", ("Text", words), member=member)
    return "+OK (saymember) OK\n"


def stop(board: Switchboard, room: Room, words: list[str]) -> str:
    what = words[1].lower() if len(words) > 1 else "all"
    if what not in ("current", "all", "async"):
        raise Usage
    if len(words) == 3:
        member = _member(room, words[2])
        if member is None:
            return f"-ERR Member: {words[2]} not found.\n"
        stopped = member.queue.stop(what == "all") if member.queue is not None else 0
        return f"+OK Stopped {stopped} files.\n"
    stopped = 0
    if what != "async":
        stopped += room.queue.stop(what == "all")
    if what != "current":
        stopped += room.async_queue.stop(True)
    return f"+OK Stopped {stopped} files.\n"


def pause_play(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) == 1:
        return room.queue.toggle_pause()
    if len(words) == 2:
        member = _member(room, words[1])
        if member is not None:
            return member.queue.toggle_pause() if member.queue is not None else ""
        raise Usage(f"-ERR Member: {words[1]} not found.\n")
    raise Usage


def play_status(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) == 1:
        return room.queue.status()
    member = _member(room, words[1])
    if member is None:
        raise Usage(f"-ERR Member: {words[1]} not found.\n")
    return member.queue.status() if member.queue is not None else "-ERR Nothing is playing\n"


def file_seek(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) == 2:
        return room.queue.seek(words[1])
    if len(words) == 3:
        member = _member(room, words[2])
        if member is None:
            raise Usage(f"-ERR Member: {words[2]} not found.\n")
        return member.queue.seek(words[1]) if member.queue is not None else ""
    raise Usage


def file_volume(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) < 2:
        raise Usage("-ERR missing args\n")
    # a third word other than `async` means the async file: that is how the switch reads it
    queue = room.async_queue if len(words) > 2 and words[2].lower() != "async" else room.queue
    head = queue.head
    if head is None or head.speech:
        raise Usage("-ERR File not playing\n")
    head.volume = whole_number(words[1])
    return "+OK volume changed\n"


def moh(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) < 2:
        return "-ERR invalid moh param\n"
    switches = {"toggle": not room.no_moh, "on": False, "off": True}
    if words[1].lower() in switches:
        room.no_moh = switches[words[1].lower()]
    else:
        room.moh_sound = room.profile.moh_sound if words[1].lower() == "reset" else words[1]
    room.async_queue.stop(True)
    room.wake()
    return "+OK moh\n"


# -- recordings -------------------------------------------------------------------------------------------------


def record(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) < 2:
        raise Usage
    path = words[1]
    if any(r.path == path for r in room.recordings):
        return f"-ERR file [{path}] is already being used for recording.\n"
    room.record(path)
    return f"+OK Record file {path}\n"  # even if it failed: only the event tells


def norecord(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) < 2:
        raise Usage
    stop_all = words[1].lower() == "all"
    stopped = [r for r in room.recordings if stop_all or r.path == words[1]]
    said = "".join(f"Stopped recording file {r.path}\n" for r in stopped)
    if not stopped and not stop_all:
        said = f"-ERR non-existant recording '{words[1]}'\n"
    for recording in stopped:
        board.core.clock.after(board.core.tick_s, room.end_recording, recording)
    return f"{said}+OK Stopped recording 0 files\n"  # always 0: the switch counts before its threads have ended


def check_record(board: Switchboard, room: Room, words: list[str]) -> str:
    lines = [f"+OK Record file {r.path}{' (Auto)' if r.automatic else ''}\n" for r in room.recordings]
    return "".join(lines) or "-ERR Conference is not being recorded.\n"


def pause_record(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) < 2:
        raise Usage
    verb, path = words[0].lower(), words[1]
    said = f"+OK {verb.capitalize()} recording file {path}\n"
    meant = [r for r in room.recordings if r.path == path]
    if not meant:
        return f"{said}-ERR non-existant recording '{path}'\n"
    for recording in meant:
        (recording.recorder.pause if verb == "pause" else recording.recorder.resume)()
    others = ("Other-Recordings", "true" if room.recordings else "false")
    room.fire(f"{verb}-recording", ("Path", path), others)
    return said


_RECORDING = {
    "start": record,
    "stop": norecord,
    "check": check_record,
    "pause": pause_record,
    "resume": pause_record,
}


def recording(board: Switchboard, room: Room, words: list[str]) -> str:
    """`recording start|stop|check|pause|resume PATH`, or the old `recording PATH`."""
    if len(words) == 2 and words[1].lower() in ("stop", "check"):
        words = [*words, "all"]
    if len(words) <= 2:
        return record(board, room, words)
    handler = _RECORDING.get(words[1].lower())
    if handler is None:
        raise Usage
    return handler(board, room, words[1:])


SOUND_COMMANDS: dict[str, tuple[RoomCommand, str]] = {
    "play": (play, "play <file_path> [async|<member_id> [nomux]]"),
    "stop": (stop, "stop <[current|all|async|last]> [<member_id>]"),
    "pause_play": (pause_play, "pause [<member_id>]"),
    "play_status": (play_status, "play_status [<member_id>]"),
    "file_seek": (file_seek, "file_seek [+-]<val> [<member_id>]"),
    "file-vol": (file_volume, "file-vol <vol#>"),
    "moh": (moh, "moh <file_path>|toggle|[on|off]"),
    "record": (record, "record <filename>"),
    "norecord": (norecord, "norecord <[filename|all]>"),
    "chkrecord": (check_record, "chkrecord <confname>"),
    "pause": (pause_record, "pause <filename>"),
    "resume": (pause_record, "resume <filename>"),
    "recording": (recording, "recording [start|stop|check|pause|resume] [<filename>|all]"),
}
TEXT_COMMANDS = {
    "say": (say, "say <text>"),
    "saymember": (say_member, "saymember <member_id> <text>"),
}
