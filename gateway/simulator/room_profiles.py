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
    caller_controls: str = "none"
    digit_timeout_s: float = 0.5


# As on the recorded switch: `default` speaks and has controls, `moderated` waits with music. `gateway` is this
# product's own: no music, no voice, no prompts.
ROOM_PROFILES = {
    "default": RoomProfile("default", speaks=True, caller_controls="default", digit_timeout_s=1.5),
    "moderated": RoomProfile("moderated", wait_mod=True, moh_sound="local_stream://default", caller_controls="default"),
    "gateway": RoomProfile("gateway", caller_controls="gw", digit_timeout_s=1.5),
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
