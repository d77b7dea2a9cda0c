"""The api commands for the sound of one channel: broadcast, break, fileman, record, DTMF."""

from collections.abc import Callable
from xml.sax.saxutils import escape

from gateway.simulator.apps_play import Player
from gateway.simulator.apps_record import end_recording, start_recording
from gateway.simulator.calls import BREAK, Call, Private
from gateway.simulator.recordings import FileRecorder
from gateway.simulator.switchboard import Switchboard

NO_SESSION = "-ERR Cannot locate session!\n"
_KEYS = "0123456789*#ABCDabcdFf"


def uuid_broadcast(board: Switchboard, text: str) -> str:
    """`UUID path|app::args [aleg|bleg|both]`; `app!CAUSE::args` hangs up after."""
    words = text.split(" ")
    if len(words) < 2:
        return "-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n"
    call = board.find(words[0])
    if call is None:
        return "-ERR invalid uuid\n"
    legs = words[-1] if words[-1] in ("aleg", "bleg", "both", "holdb") and len(words) > 2 else ""
    what = " ".join(words[1 : -1 if legs else None])
    application, separator, data = what.partition("::")
    if not separator:
        application, data = "playback", what
    targets = [call] if legs != "bleg" else []
    if legs in ("bleg", "both") and isinstance(call.other, Call):
        targets.append(call.other)
    for target in targets:
        lead_s = max(0.0, board.core.options.broadcast_lead_s - board.core.tick_s)
        target.queue_private(Private(application, data, lead_s=lead_s, locks=True))
    return "+OK Message sent\n"


def uuid_break(board: Switchboard, text: str) -> str:
    uuid, _, rest = text.strip().partition(" ")
    call = board.find(uuid)
    if not uuid:
        return "-USAGE: <uuid> [all]\n"
    if call is None:
        return "-ERR No such channel!\n"
    board.core.clock.after(board.core.tick_s, _break, call, "all" in rest)
    return "+OK\n"


def _break(call: Call, all_of_them: bool) -> None:
    while call.stack and call.stack[-1].breakable:
        top = call.stack[-1]
        top.interrupt(BREAK)
        if not all_of_them or (call.stack and call.stack[-1] is top):
            return


def uuid_fileman(board: Switchboard, text: str) -> str:
    uuid, _, order = text.strip().partition(" ")
    if not order:
        return "-USAGE: <uuid> <cmd>:<val>\n"
    call = board.find(uuid)
    if call is None:
        return "-ERR No such channel!\n"
    player = next((a for a in reversed(call.stack) if isinstance(a, Player) and a.sound is not None), None)
    if player is None:
        return "-ERR No file handle!\n"
    name, _, value = order.partition(":")
    orders: dict[str, Callable[[], object]] = {
        "stop": lambda: board.core.clock.after(board.core.tick_s, player.interrupt, BREAK),
        "pause": player.toggle_pause,
        "restart": player.restart,
        "seek": lambda: player.seek(value),
    }
    if name in orders:
        orders[name]()
    return "+OK\n"


def uuid_audio(board: Switchboard, text: str) -> str:
    """`UUID start read|write mute|level N` or `UUID stop`; fires nothing. The model has no sound to change."""
    words = text.split()
    call = board.find(words[0]) if len(words) > 1 else None
    if len(words) > 1 and call is None:
        return "-ERR No such channel!\n"
    whole = words[1:2] == ["stop"] or (
        len(words) > 4 and words[1] == "start" and words[2] in ("read", "write") and words[3] in ("mute", "level")
    )
    if call is None or not whole:
        return "-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n"
    if words[1] == "start":
        call.pre_answer()
    return "+OK\n"


def uuid_record(board: Switchboard, text: str) -> str:
    words = text.split()
    if len(words) < 3:
        return "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"
    call = board.find(words[0])
    if call is None:
        return NO_SESSION
    handler = _RECORD.get(words[1])
    if handler is None:
        return "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"
    limit = float(words[3]) if len(words) > 3 and words[3].isdigit() else 0.0
    return handler(board, call, words[2], limit)


def _record_start(board: Switchboard, call: Call, path: str, limit_s: float) -> str:
    recorder = None
    if not _has(board, call, path):
        call.pre_answer()
        recorder = start_recording(call, path)
    if recorder is None:
        return "-ERR Cannot record session!\n"
    board.leg_recordings[call.uuid, path] = recorder
    call.fire("MEDIA_BUG_START", before=(("Media-Bug-Function", "session_record"), ("Media-Bug-Target", path)))
    if limit_s:
        board.core.clock.after(limit_s, _record_end, board, call, path, recorder)
    return "+OK Success\n"


def _record_end(board: Switchboard, call: Call, path: str, recorder: FileRecorder) -> bool:
    if board.leg_recordings.get((call.uuid, path)) is not recorder:
        return False
    del board.leg_recordings[call.uuid, path]
    end_recording(call, recorder)
    call.fire("MEDIA_BUG_STOP", before=(("Media-Bug-Function", "session_record"), ("Media-Bug-Target", path)))
    return True


def _record_stop(board: Switchboard, call: Call, path: str, limit_s: float) -> str:
    names = [p for uuid, p in board.leg_recordings if uuid == call.uuid] if path == "all" else [path]
    ended = [_record_end(board, call, p, board.leg_recordings[call.uuid, p]) for p in names if _has(board, call, p)]
    return "+OK Success\n" if any(ended) else "-ERR Cannot stop record session!\n"


def _has(board: Switchboard, call: Call, path: str) -> bool:
    return (call.uuid, path) in board.leg_recordings


def _record_order(word: str, act: Callable[[FileRecorder], None]) -> Callable[[Switchboard, Call, str, float], str]:
    def order(board: Switchboard, call: Call, path: str, limit_s: float) -> str:
        recorder = board.leg_recordings.get((call.uuid, path))
        if recorder is None:
            return f"-ERR Cannot {word} recording session!\n"
        act(recorder)
        return "+OK Success\n"

    return order


def _keep(recorder: FileRecorder) -> None:
    """A masked recording goes on, with silence in it: in this stand-in all of it is."""


_RECORD = {
    "start": _record_start,
    "stop": _record_stop,
    "pause": _record_order("pause", FileRecorder.pause),
    "resume": _record_order("resume", FileRecorder.resume),
    "mask": _record_order("mask", _keep),
    "unmask": _record_order("unmask", _keep),
}


def uuid_buglist(board: Switchboard, text: str) -> str:
    """What listens on a call: here, its recordings. Nothing at all for a call that is not there."""
    uuid = text.strip()
    if not uuid:
        return "-USAGE: <uuid>\n"
    if board.find(uuid) is None:
        return ""
    bugs = [
        f" <media-bug>\n  <function>session_record</function>\n  <target>{escape(path)}</target>\n"
        "  <thread-locked>0</thread-locked>\n </media-bug>\n"
        for of, path in board.leg_recordings
        if of == uuid
    ]
    return f"<media-bugs>\n{''.join(bugs)}</media-bugs>\n"


def uuid_send_dtmf(board: Switchboard, text: str) -> str:
    uuid, _, digits = text.strip().partition(" ")
    if not digits:
        return "-USAGE: <uuid> <dtmf_data>\n"
    if board.find(uuid) is None:
        return NO_SESSION
    return f"+OK {uuid} sent DTMF {digits}.\n"


def uuid_recv_dtmf(board: Switchboard, text: str) -> str:
    """The caller presses keys."""
    uuid, _, digits = text.strip().partition(" ")
    if not digits:
        return "-USAGE: <uuid> <dtmf_data>\n"
    call = board.find(uuid)
    if call is None:
        return NO_SESSION
    for number, key in enumerate(c for c in digits.partition("@")[0] if c in _KEYS):
        board.core.clock.after(board.core.tick_s * (1 + number), call.digit, key)
    return f"+OK {uuid} received DTMF {digits}.\n"


def uuid_flush_dtmf(board: Switchboard, text: str) -> str:
    return "+OK\n" if board.find(text.strip()) is not None else "-ERR No such session\n"


COMMANDS = {
    "uuid_broadcast": uuid_broadcast,
    "uuid_break": uuid_break,
    "break": uuid_break,
    "uuid_fileman": uuid_fileman,
    "uuid_record": uuid_record,
    "uuid_buglist": uuid_buglist,
    "uuid_audio": uuid_audio,
    "uuid_send_dtmf": uuid_send_dtmf,
    "uuid_recv_dtmf": uuid_recv_dtmf,
    "uuid_flush_dtmf": uuid_flush_dtmf,
}
