"""The conferences of one switch, by name."""

from gateway.simulator.conferences import Room
from gateway.simulator.core import Core
from gateway.simulator.room_profiles import room_profile


class Rooms:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._by_name: dict[str, Room] = {}

    def find(self, name: str) -> Room | None:
        return self._by_name.get(name)

    def all(self) -> list[Room]:
        """The newest first, as the switch lists them."""
        return list(reversed(self._by_name.values()))

    def create(self, name: str, profile_name: str) -> Room:
        room = Room(self._core, name, room_profile(profile_name), self._ended)
        self._by_name[name] = room
        room.fire("conference-create")
        return room

    def _ended(self, room: Room) -> None:
        if self._by_name.get(room.name) is room:
            del self._by_name[room.name]
