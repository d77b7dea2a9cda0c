"""All that makes what one call is played, put together. In: the parts it works with. Out: commands, and a player."""

from gateway.services.commands import CommandDesk
from gateway.services.effects import PlayToCall
from gateway.services.leg_audio import LegAudio
from gateway.services.leg_controls import LegControls
from gateway.services.leg_player import LegPlayer, Sounds
from gateway.services.legs import Legs
from gateway.services.notifications import Notifications
from gateway.store.store import Store
from gateway.switch.pool import SwitchPool


class LegParts:
    """`hold_music` as of LegAudio, `started_at` as of LegPlayer."""

    def __init__(
        self,
        store: Store,
        pool: SwitchPool,
        desk: CommandDesk,
        sounds: Sounds,
        hold_music: str,
        started_at: int,
    ) -> None:
        self.audio = LegAudio(desk, sounds.check, hold_music)
        self.controls = LegControls(store, desk, Legs(pool))
        self.player = LegPlayer(store, pool, sounds, started_at)

    def subscribe(self, notifications: Notifications) -> None:
        notifications.subscribe(PlayToCall, self.player.play)
