"""PRESENCE_IN of a conference: how many are in it, for whoever watches its address."""

from gateway.simulator.core import Core


def tell_presence(core: Core, room: str, count: int) -> None:
    core.presence_events += 1
    if not core.bus.wanted("PRESENCE_IN"):
        core.bus.skip()
        return
    callers = f"Active ({count} caller{'' if count == 1 else 's'})" if count else "Inactive"
    core.bus.tell(
        "PRESENCE_IN",
        ("proto", "conf"),
        ("login", room),
        ("from", f"{room}@{core.options.domain}"),
        ("event_type", "presence"),
        ("alt_event_type", "dialog"),
        ("event_count", str(core.presence_events)),
        ("unique-id", room),
        ("force-status", callers),
        ("channel-state", "CS_ROUTING" if count else "CS_HANGUP"),
        ("answer-state", {0: "terminated", 1: "early"}.get(count, "confirmed")),
        ("presence-call-direction", "outbound" if count == 1 else "inbound"),
    )
