"""A simulated switch that remembers what it was told, and can take its time with one command."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.simulator.options import Options
from gateway.simulator.server import SimulatedSwitch
from gateway.simulator.wire import Command

NODE = "acW68"
# What the gateway asks by itself: nobody's request.
_ASKED_BY_ITSELF = re.compile(
    r"show channels|conference json_list|uuid_exists|status|strepoch|echo|conference \S+ play_status"
)


class WatchedSwitch(SimulatedSwitch):
    """Remembers each command that came over a connection, as it was on the wire."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port=port, options=Options(tick_s=0.01, first_member_delay_s=0.0))
        self.lines: list[str] = []
        self.held: list[str] = []
        self.messages: list[tuple[str, str]] = []
        self._held_words: tuple[str, ...] = ()
        self.refused = ""  # commands that hold these words are refused

    def run_api(self, line: str) -> str:
        self.lines.append(line)
        if self.refused and self.refused in line:
            return "-ERR not now\n"
        if self._held_words and all(word in line for word in self._held_words):
            self.held.append(line)
            return "+OK\n"
        return super().run_api(line)

    def send_message(self, uuid: str, command: Command) -> str:
        headers = command.headers
        self.messages.append((uuid, f"{headers.get('execute-app-name', '')} {headers.get('execute-app-arg', '')}"))
        return super().send_message(uuid, command)

    def executed(self, channel: str) -> list[str]:
        """`application argument` of each step on this leg; the markers behind them are left out."""
        return [text for uuid, text in self.messages if uuid == channel and not text.startswith("set ")]

    def api(self, line: str) -> str:
        """The test's own commands are not remembered."""
        return super().run_api(line)

    @contextmanager
    def holding(self, *words: str) -> Iterator[None]:
        """Commands that hold all these words are taken, and run only at the end: a switch that takes its time."""
        self._held_words = words
        try:
            yield
        finally:
            self._held_words = ()
            held, self.held = self.held, []
            for line in held:
                self.api(line)

    def forget(self, *channels: str) -> None:
        """Commands to these channels do not count."""
        self.lines[:] = [line for line in self.lines if not any(name in line for name in channels)]

    def plays(self, room: str) -> bool:
        """A file is in the room, paused or not."""
        return self.api(f"conference {room} play_status").startswith("+OK")

    def seats(self, room: str) -> dict[str, bool]:
        """Who is in the room by the switch's own list, and whether the room can hear them."""
        listed = self.api("conference json_list")
        rooms = json.loads(listed) if listed.startswith("[") else []
        members = [member for one in rooms if one["conference_name"] == room for member in one["members"]]
        return {f"{NODE}-{member['uuid']}": member["flags"]["can_speak"] for member in members if "uuid" in member}

    @property
    def orders(self) -> list[str]:
        """Commands that change something."""
        return [line for line in self.lines if not _ASKED_BY_ITSELF.match(line)]
