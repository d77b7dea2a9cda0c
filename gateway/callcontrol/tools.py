"""What all led calls share, as one value. In: the services. Out: nothing of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.callcontrol.room_sounds import RoomSounds
from gateway.domain.clock import Clock
from gateway.services.document_dials import DocumentDials
from gateway.services.document_recordings import DocumentRecordings
from gateway.services.document_rooms import DocumentRooms
from gateway.services.flows import Flows
from gateway.services.legs import Legs


@dataclass(frozen=True)
class Tools:
    """`is_mine(node_id)`: this process acts for that switch.

    `document_over(session_id)`: true where something else than a hangup follows, which is then begun.
    """

    flows: Flows
    legs: Legs
    rooms: DocumentRooms
    recordings: DocumentRecordings
    clock: Clock
    playable: Callable[[str, str], str]
    spoken: Callable[[str, str, str, str], str]  # text, voice, language, app_id
    apology: Callable[[], str]
    room_sounds: RoomSounds
    is_mine: Callable[[str], bool]
    document_over: Callable[[str], bool]
    dials: DocumentDials
