"""Lists of conferences: json_list, xml_list and list, each in the exact text of the switch."""

import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import orjson

from gateway.simulator.conferences import Room
from gateway.simulator.events import quoted
from gateway.simulator.members import Member
from gateway.simulator.recordings import RoomRecording


def seats(room: Room) -> list[Member | RoomRecording]:
    """Members and recordings, the newest first."""
    both: list[Member | RoomRecording] = [*room.members, *room.recordings]
    return sorted(both, key=lambda seat: seat.seat, reverse=True)


def room_dict(room: Room) -> dict[str, Any]:
    out: dict[str, Any] = {
        "conference_name": room.name,
        "member_count": room.count,
        "ghost_count": room.ghosts,
        "rate": 8000,
        "run_time": room.run_time(),
        "conference_uuid": room.uuid,
        "canvas_count": 0,
        "max_bw_in": 0,
        "force_bw_in": 0,
        "video_floor_packets": 0,
        "locked": room.locked,
        "destruct": room.destruct,
        "wait_mod": room.wait_mod,
        "audio_always": False,
        "running": room.running,
        "answered": room.answered or bool(room.members),
        "enforce_min": room.enforce_min,
        "bridge_to": False,
        "dynamic": True,
        "exit_sound": room.exit_sound_on,
        "enter_sound": room.enter_sound_on,
        "recording": bool(room.recordings),
        "video_bridge": False,
        "video_floor_only": False,
        "video_rfc4579": False,
    }
    if room.max_members > 0:
        out["max_members"] = room.max_members
    out["variables"] = dict(room.variables)
    out["members"] = [
        recording_dict(seat) if isinstance(seat, RoomRecording) else member_dict(room, seat) for seat in seats(room)
    ]
    return out


def recording_dict(recording: RoomRecording) -> dict[str, Any]:
    paused = recording.recorder.paused
    return {
        "type": "recording_node",
        "record_path": recording.path,
        **({"status": "paused"} if paused else {}),
        "join_time": recording.started_epoch,
    }


def member_dict(room: Room, member: Member) -> dict[str, Any]:
    now = int(time.time())
    flags = {
        "can_hear": member.can_hear and not member.hold,
        "can_see": not member.hold,
        "can_speak": member.can_speak and not member.hold,
        "hold": member.hold,
        "mute_detect": "mute-detect" in member.flags,
        "talking": member.talking,
        "has_video": False,
        "video_bridge": False,
        "has_floor": member is room.floor,
        "is_moderator": member.moderator,
        "end_conference": "endconf" in member.flags,
        "mandatory_member_end_conference": "mandatory_member_endconf" in member.flags,
        "pass_digits": "dist-dtmf" in member.flags,
    }
    return {
        "type": "caller",
        "id": member.id,
        "flags": flags,
        "uuid": member.call.uuid,
        "caller_id_name": member.call.profile.caller_name,
        "caller_id_number": member.call.profile.caller_number,
        "join_time": now - member.joined_epoch,
        "last_talking": now - member.last_talking if member.last_talking else 0,
        "energy": member.energy_level,
        "volume_in": member.volume_in,
        "volume_out": member.volume_out,
        "output-volume": member.volume_out,
        "input-volume": member.volume_in,
    }


def json_list(rooms: list[Room], compact: bool) -> str:
    listed = [room_dict(room) for room in rooms]
    return orjson.dumps(listed).decode() if compact else cjson_text(listed)


def cjson_text(value: Any, depth: int = 0) -> str:
    """As cJSON_Print lays it out: tabs, one key a line, arrays on the line of their bracket."""
    if isinstance(value, dict):
        inner, outer = "\t" * (depth + 1), "\t" * depth
        lines = [f"{inner}{cjson_text(key)}:\t{cjson_text(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + ("\n" if lines else "") + outer + "}"
    if isinstance(value, list):
        return "[" + ", ".join(cjson_text(item, depth + 1) for item in value) + "]"
    return orjson.dumps(value).decode()


def xml_list(rooms: list[Room]) -> str:
    lines = ['<?xml version="1.0"?>', "<conferences>"]
    for room in rooms:
        _xml_room(lines, room)
    return "\n".join([*lines, "</conferences>", "", ""])


def _xml_room(lines: list[str], room: Room) -> None:
    said = room_dict(room)
    attributes = [("name", room.name), ("member-count", room.count), ("ghost-count", room.ghosts), ("rate", 8000)]
    attributes.append(("uuid", room.uuid))
    shown = ("locked", "destruct", "wait_mod", "running", "answered", "enforce_min", "dynamic", "exit_sound")
    attributes += [(flag, "true") for flag in (*shown, "enter_sound") if said[flag]]
    attributes += [("max_members", room.max_members)] if room.max_members else []
    attributes += [("recording", "true")] if room.recordings else []
    attributes += [("endconference_grace_time", room.endconf_grace_s)] if room.endconf_grace_s else []
    attributes.append(("run_time", room.run_time()))
    lines.append("  <conference " + " ".join(f"{k}={quoteattr(str(v))}" for k, v in attributes) + ">")
    variables = [f"<variable name={quoteattr(k)} value={quoteattr(v)}></variable>" for k, v in room.variables.items()]
    if variables:
        lines += ["    <variables>", *("      " + v for v in variables), "    </variables>"]
    else:
        lines.append("    <variables></variables>")
    lines.append("    <members>")
    for seat in seats(room):
        if isinstance(seat, RoomRecording):
            _xml_recording(lines, seat)
        else:
            _xml_member(lines, room, seat)
    lines += ["    </members>", "  </conference>"]


def _xml_recording(lines: list[str], recording: RoomRecording) -> None:
    paused = ' status="paused"' if recording.recorder.paused else ""
    lines += [
        '      <member type="recording_node">',
        f"        <record_path{paused}>{escape(recording.path)}</record_path>",
        f'        <join_time type="UNIX-epoch">{recording.started_epoch}</join_time>',
        "      </member>",
    ]


def _xml_member(lines: list[str], room: Room, member: Member) -> None:
    said = member_dict(room, member)
    flags = {k: v for k, v in said["flags"].items() if k not in ("hold", "pass_digits", "mute_detect", "talking")}
    ordered = {k: flags.pop(k) for k in ("can_hear", "can_see", "can_speak")}
    ordered |= {k: said["flags"][k] for k in ("mute_detect", "talking", "hold")} | flags | {"is_ghost": member.ghost}
    lines += ['      <member type="caller">', f"        <id>{member.id}</id>", "        <flags>"]
    lines += [f"          <{k}>{'true' if v else 'false'}</{k}>" for k, v in ordered.items()]
    lines.append("        </flags>")
    shown = ("uuid", "caller_id_name", "caller_id_number", "join_time", "last_talking", "energy", "volume_in")
    for name in (*shown, "volume_out", "output-volume"):
        value = "N/A" if name == "last_talking" and not member.last_talking else str(said[name])
        lines.append(f"        <{name}>{value if value == 'N/A' else quoted(value)}</{name}>")
    lines.append("      </member>")


def list_head(room: Room) -> str:
    said = room_dict(room)
    names = ("locked", "destruct", "wait_mod", "running", "answered", "enforce_min", "dynamic", "exit_sound")
    flags = [name for name in (*names, "enter_sound", "recording") if said[name]]
    plural = "" if room.count == 1 else "s"
    shown = "|".join([*flags, "json_status"])
    return f"+OK Conference {room.name} ({room.count} member{plural} rate: 8000 flags: {shown})\n"


def list_members(room: Room, delimiter: str = ";") -> str:
    return "".join(_list_line(room, member, delimiter) for member in room.members)


_LIST_FLAGS: tuple[tuple[str, Callable[[Room, Member], bool]], ...] = (
    ("hear", lambda room, m: m.can_hear and not m.hold),
    ("speak", lambda room, m: m.can_speak and not m.hold),
    ("talking", lambda room, m: m.talking and not m.hold),
    ("hold", lambda room, m: m.hold),
    ("floor", lambda room, m: m is room.floor),
    ("moderator", lambda room, m: m.moderator),
    ("ghost", lambda room, m: m.ghost),
)


def _list_line(room: Room, member: Member, delimiter: str) -> str:
    call = member.call
    flags = "|".join(name for name, shown in _LIST_FLAGS if shown(room, member))
    cells = (member.id, call.name, call.uuid, call.profile.caller_name, call.profile.caller_number, flags)
    levels = (member.volume_in, member.volume_out, member.energy_level)
    return delimiter.join(str(cell) for cell in (*cells, *levels)) + "\n"
