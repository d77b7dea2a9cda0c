"""The api command `originate`: waits for the leg, answers with its uuid or with the cause why there is none."""

from gevent.event import AsyncResult
from gevent.timeout import Timeout

from gateway.simulator.calls import Call
from gateway.simulator.switchboard import Switchboard
from gateway.simulator.wire import split_arguments

USAGE = (
    "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>]"
    " [<timeout_sec>]\n"
)
LONGEST_WAIT_S = 3600.0


def wait_for_leg(board: Switchboard, dial_string: str, timeout_s: float) -> tuple[Call | None, str]:
    """Blocks its greenlet, as originate blocks its socket; at once if nothing has to ring."""
    answer: AsyncResult[tuple[Call | None, str]] = AsyncResult()
    attempt = board.dial(dial_string, timeout_s, lambda call, cause: answer.set((call, cause)))
    try:
        leg, cause = answer.get(timeout=LONGEST_WAIT_S)
    except Timeout:
        attempt.cancel()
        return None, "NO_ANSWER"
    return leg, cause


def originate(board: Switchboard, text: str) -> str:
    words = split_originate(text)
    if not 2 <= len(words) <= 7:
        return USAGE
    dial_string, target, dialplan, context, name, number, timeout = [*words, *[""] * 7][:7]
    given = [f"origination_caller_id_name='{name}'"] if name else []
    given += [f"origination_caller_id_number={number}"] if number else []
    prefix = "{" + ",".join(given) + "}" if given else ""
    timeout_s = float(timeout) if timeout.isdigit() else 60.0
    leg, cause = wait_for_leg(board, prefix + dial_string, timeout_s)
    if leg is None:
        return f"-ERR {cause}\n"
    if target.startswith("&"):
        application, _, arguments = target[1:].partition("(")
        steps = f"m:\x01:{application}:{arguments.removesuffix(')')}"
        board.core.clock.after(0, board.enter, leg, steps, "inline", context)
    else:
        board.core.clock.after(0, board.enter, leg, target, dialplan or "XML", context)
    return f"+OK {leg.uuid}\n"


def split_originate(text: str) -> list[str]:
    """By spaces, but not inside `{…}`, `[…]` or `&app(…)`."""
    marks = {"{": "}", "[": "]", "(": ")"}
    out, start, closing = [], 0, ""
    for at, char in enumerate(text):
        if closing:
            closing = "" if char == closing else closing
        elif char in marks and text[:at].count("'") % 2 == 0:
            closing = marks[char]
        elif char == " " and text[start:at].count("'") % 2 == 0:
            out.append(text[start:at])
            start = at + 1
    out.append(text[start:])
    return [_unquoted(word) for word in out if word]


def _unquoted(word: str) -> str:
    if word.startswith("'") and word.endswith("'"):
        return (split_arguments(word) or [""])[0]
    return word


COMMANDS = {"originate": originate}
