"""Caller profiles: who calls whom, as a channel's events and lists tell it."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.simulator.events import Pair

TIMES = ("Answered", "Progress", "Progress-Media", "Hangup", "Transfer", "Resurrect", "Bridged")


@dataclass
class CallerProfile:
    """The caller's side of one channel; a transfer makes the next profile of the same channel."""

    destination: str
    caller_name: str = ""
    caller_number: str = ""
    original_name: str = ""
    original_number: str = ""
    callee_name: str = ""
    callee_number: str = ""
    username: str = ""
    dialplan: str = ""
    context: str = "default"
    network_address: str = ""
    ani: str = ""
    rdnis: str = ""
    source: str = ""
    transfer_source: str = ""
    index: int = 1
    created_us: int = 0

    def flip(self) -> None:
        """An outbound leg that enters the dialplan is its own caller (switch_channel_flip_cid)."""
        self.caller_name, self.callee_name = self.callee_name, self.caller_name
        self.caller_number, self.callee_number = self.callee_number, self.caller_number

    def pairs(self, prefix: str, direction: str, uuid: str, name: str, times: Mapping[str, int]) -> list[Pair]:
        """The headers under `Caller-` or `Other-Leg-`; empty ones are left out, as the switch does."""
        first = [
            (f"{prefix}Direction", direction),
            (f"{prefix}Logical-Direction", direction),
            (f"{prefix}Username", self.username),
            (f"{prefix}Dialplan", self.dialplan),
            (f"{prefix}Caller-ID-Name", self.caller_name),
            (f"{prefix}Caller-ID-Number", self.caller_number),
            (f"{prefix}Orig-Caller-ID-Name", self.original_name),
            (f"{prefix}Orig-Caller-ID-Number", self.original_number),
            (f"{prefix}Callee-ID-Name", self.callee_name),
            (f"{prefix}Callee-ID-Number", self.callee_number),
            (f"{prefix}Network-Addr", self.network_address),
            (f"{prefix}ANI", self.ani),
            (f"{prefix}Destination-Number", self.destination),
            (f"{prefix}Unique-ID", uuid),
            (f"{prefix}Source", self.source),
            (f"{prefix}Transfer-Source", self.transfer_source),
            (f"{prefix}Context", self.context),
            (f"{prefix}RDNIS", self.rdnis),
            (f"{prefix}Channel-Name", name),
        ]
        moments = [(f"{prefix}Channel-{what}-Time", str(times.get(what, 0))) for what in TIMES]
        return [
            *(pair for pair in first if pair[1]),
            (f"{prefix}Profile-Index", str(self.index)),
            (f"{prefix}Profile-Created-Time", str(self.created_us)),
            (f"{prefix}Channel-Created-Time", str(times.get("Created", 0))),
            *moments,
            (f"{prefix}Channel-Last-Hold", "0"),
            (f"{prefix}Channel-Hold-Accum", "0"),
            (f"{prefix}Screen-Bit", "true"),
            (f"{prefix}Privacy-Hide-Name", "false"),
            (f"{prefix}Privacy-Hide-Number", "false"),
        ]
