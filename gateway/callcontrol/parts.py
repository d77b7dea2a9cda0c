"""This room put together. In: the parts it works with. Out: the Runner that leads calls by documents."""

from collections.abc import Callable

from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.fetch import DocumentFetcher
from gateway.callcontrol.room_sounds import RoomSounds
from gateway.callcontrol.runner import Runner
from gateway.callcontrol.tools import Tools
from gateway.callcontrol.verbs import PERFORMERS
from gateway.config import Settings
from gateway.domain.clock import Clock
from gateway.media.addresses import policy_of
from gateway.media.fetch import Fetcher
from gateway.media.guard import Guard
from gateway.media.parts import Media
from gateway.services.dial_parts import DialParts
from gateway.services.directory import Directory
from gateway.services.document_recordings import DocumentRecordings
from gateway.services.document_rooms import DocumentRooms
from gateway.services.flows import Flows
from gateway.services.legs import Legs
from gateway.store.store import Store
from gateway.switch.pool import SwitchPool


def open_runner(
    settings: Settings,
    store: Store,
    pool: SwitchPool,
    directory: Directory,
    media: Media,
    recordings: DocumentRecordings,
    is_mine: Callable[[str], bool],
    clock: Clock,
    dialling: DialParts,
) -> Runner:
    """`is_mine(node_id)` says whether the calls of a node are this process's to lead."""
    fetcher = Fetcher(Guard(policy_of(settings), media.lookups.documents.addresses))
    documents = DocumentFetcher(fetcher, directory.webhook_secret)
    capabilities = Capabilities(
        transcription_types=media.transcription.kinds,
        voice_fault=media.speech.fault,
        performed=frozenset(PERFORMERS),
        sip_domain=settings.sip_domain,
    )
    tools = Tools(
        flows=Flows(store),
        legs=Legs(pool),
        rooms=DocumentRooms(store, pool),
        recordings=recordings,
        clock=clock,
        playable=media.resolve,
        spoken=media.spoken,
        apology=media.apology,
        room_sounds=RoomSounds(documents, capabilities, media.resolve_lasting, media.spoken_lasting),
        is_mine=is_mine,
        document_over=dialling.transfers.document_over,
        dials=dialling.of_documents,
    )
    return Runner(tools, documents, PERFORMERS, capabilities, directory.app)
