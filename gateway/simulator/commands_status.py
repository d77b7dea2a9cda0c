"""The api commands about the switch itself: show, status, version, global variables, schedule, shutdown."""

import time
from collections.abc import Callable
from typing import Any

import orjson

from gateway.simulator.calls import Call
from gateway.simulator.channels import BIT_RATES
from gateway.simulator.room_profiles import conference_configuration
from gateway.simulator.switchboard import Switchboard
from gateway.simulator.wire import split_arguments

VERSION = "1.10.12-release+git~20240802T210227Z~a88d069d6f~64bit"
SHORT_VERSION = "1.10.12-release git a88d069 2024-08-02 21:02:27Z 64bit"
MODULES = frozenset(
    "mod_commands mod_conference mod_dptools mod_event_socket mod_sofia mod_loopback mod_sndfile mod_tone_stream"
    " mod_httapi mod_http_cache mod_shout mod_flite mod_json_cdr mod_dialplan_xml mod_db mod_hash".split()
)


def _row(call: Call) -> dict[str, str]:
    top = call.stack[-1] if call.stack else None
    p, first = call.profile, call.first_profile
    outbound = call.direction == "outbound"
    return {
        "uuid": call.uuid,
        "direction": call.direction,
        "created": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(call.created_epoch)),
        "created_epoch": str(call.created_epoch),
        "name": call.name,
        "state": call.state,
        "cid_name": p.caller_name,
        "cid_num": p.caller_number,
        "ip_addr": p.network_address,
        "dest": call.shown_destination,
        "application": top.name if top else "",
        "application_data": top.data if top else "",
        "dialplan": p.dialplan,
        "context": p.context,
        **_codecs(call),
        "secure": "",
        "hostname": call.core.options.switchname,
        "presence_id": call.variable("presence_id"),
        "presence_data": "",
        "accountcode": call.variable("accountcode"),
        "callstate": call.call_state,
        "callee_name": p.callee_name,
        "callee_num": p.callee_number,
        "callee_direction": "RECV" if outbound and call.hit_dialplan else "",
        "call_uuid": call.call_uuid if outbound or call.other else "",
        "sent_callee_name": "",
        "sent_callee_num": "",
        "initial_cid_name": first.caller_name,
        "initial_cid_num": first.caller_number,
        "initial_ip_addr": first.network_address,
        "initial_dest": first.destination,
        "initial_dialplan": first.dialplan,
        "initial_context": first.context,
    }


def _codecs(call: Call) -> dict[str, str]:
    out = {}
    for side, codec in (("read", call.read_codec), ("write", call.codec)):
        out[f"{side}_codec"] = codec
        out[f"{side}_rate"] = "8000" if codec else ""
        out[f"{side}_bit_rate"] = BIT_RATES.get(codec, "")
    return out


_CALL_COLUMNS = (
    "uuid direction created created_epoch name state cid_name cid_num ip_addr dest presence_id presence_data"
    " accountcode callstate callee_name callee_num callee_direction call_uuid hostname sent_callee_name sent_callee_num"
).split()
_B_COLUMNS = (
    "uuid direction created created_epoch name state cid_name cid_num ip_addr dest presence_id presence_data"
    " accountcode callstate callee_name callee_num callee_direction sent_callee_name sent_callee_num"
).split()


def _call_row(call: Call) -> dict[str, str]:
    mine = _row(call)
    partner = _row(call.other) if isinstance(call.other, Call) and call.other.up else {}
    out = {name: mine[name] for name in _CALL_COLUMNS}
    out |= {f"b_{name}": partner.get(name, "") for name in _B_COLUMNS}
    out["call_created_epoch"] = mine["created_epoch"] if partner else ""
    return out


def show(board: Switchboard, text: str) -> str:
    words = split_arguments(text)
    what = words[0].lower() if words else ""
    if what == "status":
        return status(board, "")
    listers: dict[str, Callable[[Call], dict[str, str]]] = {"channels": _row, "calls": _call_row}
    lister = listers.get(what)
    if lister is None:
        return "+OK\n0 total.\n" if what else "-USAGE: channels|calls [count|as json]\n"
    calls = list(board.calls.values())
    if what == "calls":
        calls = [c for c in calls if c.other_type != "originator"]
    if "count" in words:
        return _json({"row_count": len(calls)}) if words[-1] == "json" else f"\n{len(calls)} total.\n"
    rows = [lister(call) for call in calls]
    if "like" in words:
        wanted = words[words.index("like") + 1 :][:1]
        rows = [row for row in rows if wanted and any(wanted[0].strip("%") in value for value in row.values())]
    if words[-2:] == ["as", "json"]:
        return _json({"row_count": len(rows), "rows": rows}) if rows else '{"row_count": 0}\n'
    return _csv(rows)


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()


def _csv(rows: list[dict[str, str]]) -> str:
    if not rows:
        return "\n0 total.\n"
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return "\n".join(lines) + f"\n\n{len(rows)} total.\n"


def uptime(board: Switchboard) -> str:
    microseconds = int((time.time() - board.core.started_at) * 1_000_000)
    seconds, rest = divmod(microseconds, 1_000_000)
    minutes, s = divmod(seconds, 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    return (
        f"{days // 365} years, {days % 365} days, {h} hours, {m} minutes, {s} seconds, "
        f"{rest // 1000} milliseconds, {rest % 1000} microseconds"
    )


def status(board: Switchboard, text: str) -> str:
    counters, options = board.core.counters, board.core.options
    now, peak = len(board.calls), counters.peak
    return (
        f"UP {uptime(board)}\n"
        f"FreeSWITCH (Version {SHORT_VERSION}) is ready\n"
        f"{counters.sessions} session(s) since startup\n"
        f"{now} session(s) - peak {peak}, last 5min {peak} \n"
        f"0 session(s) per Sec out of max 1000, peak {peak}, last 5min {peak} \n"
        f"{options.max_sessions} session(s) max\n"
        "min idle cpu 0.00/99.00\n"
        "Current Stack Size/Max 240K/8192K\n"
    )


def version(board: Switchboard, text: str) -> str:
    return f"FreeSWITCH Version {VERSION} (git a88d069 2024-08-02 21:02:27Z 64bit)\n"


def hostname(board: Switchboard, text: str) -> str:
    return board.core.options.hostname


def strepoch(board: Switchboard, text: str) -> str:
    return str(int(time.time()))


def sofia(board: Switchboard, text: str) -> str:
    line = "=" * 97
    head = "                     Name\t   Type\t                                      Data\tState\n"
    profiles = "".join(
        f"{name:>25}\tprofile\t{f'sip:mod_sofia@127.0.0.1:{port}':>42}\tRUNNING ({len(board.calls)})\n"
        for name, port in (("external", 5080), ("internal", 5060))
    )
    return f"{head}{line}\n{profiles}{line}\n2 profiles 0 aliases\n"


def global_getvar(board: Switchboard, text: str) -> str:
    name = text.strip()
    if name:
        return board.core.global_variables.get(name, "")
    return "".join(f"{k}={v}\n" for k, v in board.core.global_variables.items())


def global_setvar(board: Switchboard, text: str) -> str:
    name, _, value = text.strip().partition("=")
    board.core.global_variables[name] = value
    return "+OK"


def module_exists(board: Switchboard, text: str) -> str:
    return "true" if text.strip() in MODULES else "false"


def reloadxml(board: Switchboard, text: str) -> str:
    return "+OK [Success]\n"


def xml_locate(board: Switchboard, text: str) -> str:
    """Only of conference.conf: what profiles and key groups there are."""
    if not text.strip().endswith("conference.conf"):
        return "-ERR can't find anything\n"
    return conference_configuration()


def accepted(board: Switchboard, text: str) -> str:
    """load, log, …: taken note of."""
    return "+OK\n"


def echo(board: Switchboard, text: str) -> str:
    return text


def fsctl(board: Switchboard, text: str) -> str:
    words = text.split()
    if words[:1] == ["shutdown"]:
        return shutdown(board, " ".join(words[1:]))
    if words[:1] == ["hupall"]:
        board.hang_up_all(words[1] if len(words) > 1 else "MANAGER_REQUEST")
    return "+OK\n"


def shutdown(board: Switchboard, text: str) -> str:
    board.shut_down()
    return "+OK\n"


def sched_api(board: Switchboard, text: str) -> str:
    words = text.split(" ", 2)
    if len(words) == 3:
        command = words[2].removesuffix("&")
        task = board.schedule.add(words[0], words[1], lambda: board.run_api(command))
        if task is not None:
            return f"+OK Added: {task}\n"
    return "-ERR Invalid syntax. USAGE: [+@]<time> <group_name> <command_string>[&]\n"


def sched_del(board: Switchboard, text: str) -> str:
    what = text.strip()
    return f"+OK Deleted: {board.schedule.delete(what)}\n" if what else "-ERR Invalid syntax\n"


def unsched_api(board: Switchboard, text: str) -> str:
    return "+OK\n" if board.schedule.delete(text.strip()) else "-ERR No such id\n"


COMMANDS = {
    "show": show,
    "status": status,
    "version": version,
    "hostname": hostname,
    "strepoch": strepoch,
    "sofia": sofia,
    "global_getvar": global_getvar,
    "global_setvar": global_setvar,
    "module_exists": module_exists,
    "reloadxml": reloadxml,
    "xml_locate": xml_locate,
    "load": accepted,
    "log": accepted,
    "echo": echo,
    "fsctl": fsctl,
    "shutdown": shutdown,
    "sched_api": sched_api,
    "sched_del": sched_del,
    "unsched_api": unsched_api,
}
