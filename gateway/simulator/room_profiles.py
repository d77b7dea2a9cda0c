"""The conference profiles and caller-control groups that this switch is configured with."""

from dataclasses import dataclass

Binding = tuple[str, str, str]  # digits, action, data


@dataclass(frozen=True)
class RoomProfile:
    """What conference.conf.xml would say; `speaks` is whether it has a voice for prompts and `say`."""

    name: str
    speaks: bool = False
    wait_mod: bool = False
    moh_sound: str = ""
    kicked_sound: str = ""
    caller_controls: str = "none"
    digit_timeout_s: float = 0.5


# As on the recorded switch: `default` speaks and has controls, `moderated` waits with music. `gateway` is this
# product's own: no music, no voice, no prompts.
ROOM_PROFILES = {
    "default": RoomProfile("default", speaks=True, caller_controls="default", digit_timeout_s=1.5),
    "moderated": RoomProfile("moderated", wait_mod=True, moh_sound="local_stream://default", caller_controls="default"),
    "gateway": RoomProfile("gateway", kicked_sound="silence_stream://20", caller_controls="gw", digit_timeout_s=1.5),
}

CONTROL_GROUPS: dict[str, tuple[Binding, ...]] = {
    "default": (("*6", "mute", ""), ("*9", "event", ""), ("*0", "hangup", "")),
    "gw": (("*6", "mute", ""),),
    "gw-star": (("*", "hangup", ""), ("*6", "mute", "")),
    "none": (),
}


def room_profile(name: str) -> RoomProfile:
    """A name that is not configured gives a room with nothing set, as in FreeSWITCH."""
    return ROOM_PROFILES.get(name) or RoomProfile(name)


def conference_configuration() -> str:
    """All this as conference.conf says it."""
    groups = "".join(
        f'      <group name="{name}">\n'
        + "".join(f'        <control action="{act}" digits="{keys}"/>\n' for keys, act, _ in bindings)
        + "      </group>\n"
        for name, bindings in CONTROL_GROUPS.items()
    )
    profiles = "".join(
        f'      <profile name="{p.name}">\n        <param name="caller-controls" value="{p.caller_controls}"/>\n'
        f'        <param name="ivr-dtmf-timeout" value="{int(p.digit_timeout_s * 1000)}"/>\n      </profile>\n'
        for p in ROOM_PROFILES.values()
    )
    return (
        '<configuration name="conference.conf" description="Conferences">\n'
        f"    <caller-controls>\n{groups}    </caller-controls>\n"
        f"    <profiles>\n{profiles}    </profiles>\n  </configuration>"
    )
