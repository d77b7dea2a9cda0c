"""Bench 3: 1,000 callers arrive in their rooms at once; the clock of their webhooks starts with the last add-member."""

from pathlib import Path

from bench.report import Row, below
from bench.stage import stage
from bench.switches import Esl, Switch

ROOMS, IN_EACH = 50, 20
LIMIT_S = 120.0


def run(folder: Path, switch: Switch) -> list[Row]:
    callers = ROOMS * IN_EACH
    with stage(folder, switch, ROOMS, IN_EACH) as here:
        here.esl.all([f"originate {{origination_uuid={call.channel}}}null/x 'park:' inline" for call in here.calls])
        here.gateway.start()
        here.wait_quiet()
        here.sink.ask(what="clear")
        watching = Esl(switch)
        watching.command("event json CUSTOM conference::maintenance")
        here.esl.all(
            [
                f"uuid_transfer {call.channel} 'conference:{call.room}@gateway+flags{{mute}},park:' inline"
                for call in here.calls
            ]
        )
        joined = []
        for event in watching.events(LIMIT_S):
            if event.get("Action") == "add-member":
                joined.append(int(event["Event-Date-Timestamp"]) / 1e6)
                if len(joined) == callers:
                    break
        watching.close()
        if len(joined) < callers:
            raise RuntimeError(f"only {len(joined)} of {callers} callers joined")
        told_at = here.wait_told(callers, "conference.member.joined")
        check = here.sink.ask(what="check", secret=here.keys.webhook_secret, event="member.joined")
    name = f"joins, {switch.name}"
    return [
        Row(name, f"{callers} add-members within", max(joined) - min(joined), "s"),
        below(name, "last webhook after the last add-member", told_at - max(joined), 2, "s"),
        below(name, "missing, unsigned, twice or out of order", check["faults"] + callers - check["chosen"], 1, ""),
    ]
