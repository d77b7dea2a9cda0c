"""Builds and joins all parts, some by a room's own parts.py. In: settings. Out: a Gateway to be started and stopped."""

from pathlib import Path

import gevent
from prometheus_client import CollectorRegistry

from gateway.api.app import make_app
from gateway.api.context import Services
from gateway.api.server import HttpServer
from gateway.callcontrol.parts import open_runner
from gateway.config import NodeSettings, Settings
from gateway.domain.billing import Rounding
from gateway.domain.clock import SystemClock
from gateway.domain.ids import new_uuid
from gateway.intake.listener import Listener
from gateway.intake.metrics import IntakeMetrics
from gateway.intake.snapshots import Snapshots
from gateway.intake.subscription import SUBSCRIPTION
from gateway.media.names import LookUpMetrics
from gateway.media.parts import Media
from gateway.services.call_keeper import CallKeeper
from gateway.services.clockwork import HOUSEKEEPING, Clockwork
from gateway.services.coaching import Coaching
from gateway.services.commands import CommandDesk, instance_lease
from gateway.services.compose import composer
from gateway.services.deliveries import Deliveries
from gateway.services.dial_parts import open_dialling
from gateway.services.directory import Directory
from gateway.services.effects import Effect, EmptyRoom, PlayNext, RelateNewcomer
from gateway.services.endpoints import Endpoints
from gateway.services.floor import Floors
from gateway.services.forgetting import node_lease
from gateway.services.health import Health
from gateway.services.housekeeping import Housekeeping, Keep
from gateway.services.leg_parts import LegParts
from gateway.services.leg_player import Sounds
from gateway.services.member_keeper import MemberKeeper
from gateway.services.notifications import Notifications
from gateway.services.player import Player
from gateway.services.rate_limit import RateLimit
from gateway.services.reactions import Reactions
from gateway.services.reactions.calls import CallReactions
from gateway.services.reactions.members import MemberReactions
from gateway.services.recorded_parts import RecordedParts
from gateway.services.records import Records
from gateway.services.room_audio import RoomAudio
from gateway.services.room_commands import RoomCommands
from gateway.services.room_keeper import RoomKeeper
from gateway.services.room_members import RoomMembers
from gateway.services.rooms import Rooms
from gateway.services.session_members import SessionMembers
from gateway.services.sessions import Sessions
from gateway.services.switch_speech import SwitchSpeech
from gateway.services.tenure import Tenure, Whose
from gateway.store import leases, migrate
from gateway.store.engine import is_postgres, open_engine
from gateway.store.exclusive import process_lock
from gateway.store.store import Store, Written
from gateway.switch.node import Node
from gateway.switch.pool import SwitchPool
from gateway.switch.routes import Routes
from gateway.webhooks.parts import open_deliverer

STOP_GRACE_S = 10.0
EFFECTS_GRACE_S = 2.0


def open_store(settings: Settings) -> Store:
    """The store alone, for commands beside a running gateway: it makes no events."""
    return Store(open_engine(settings.database_url), composer(lambda _app, _event: ()), SystemClock())


class Gateway:
    """One gateway process. start() returns once HTTP is up; /readyz tells when the switch is reconciled, too."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.owner = new_uuid()
        self.registry = CollectorRegistry()
        self._reconciled: set[str] = set()
        self._lock = process_lock(settings.database_url)
        self.http = HttpServer(*settings.listen_address)
        self.engine = open_engine(settings.database_url)
        rounding = Rounding(settings.billing_first_s, settings.billing_next_s)
        self.store = Store(self.engine, composer(self._route), self.clock, rounding=rounding)
        self.directory = Directory(self.store, self.clock)
        self.pool = SwitchPool(self._node(node) for node in settings.node_list)
        self.notifications = Notifications()
        names = [instance_lease(self.owner), HOUSEKEEPING, *(node_lease(node.id) for node in self.pool.nodes)]
        self.tenure = Tenure(self.store, self.clock, self.owner, settings.lease_s, names)
        self.health = Health(self.store, self.tenure, self.notifications, self.registry)
        self._build_services()
        self._build_doors()

    def _route(self, app_id: str, event_name: str) -> tuple[str, ...]:
        return self.directory.endpoint_ids(app_id, event_name)

    def _node(self, node: NodeSettings) -> Node:
        settings = self.settings
        return Node(node, settings.reply_timeout_s, settings.job_timeout_s, subscription=SUBSCRIPTION)

    def _build_services(self) -> None:
        settings, store = self.settings, self.store
        self.desk = CommandDesk(store, self.pool, self.owner, settings.cooldowns)
        self.rooms = Rooms(store, self.pool, self.desk)
        speak = SwitchSpeech(self.pool).speak
        self.media, now = Media(settings, self.public_url, self.clock, speak), self.clock.now_ms()
        self.player = Player(store, self.pool, self.media.resolve, self.media.spoken, now, settings.job_timeout_s)
        self.recorded = RecordedParts(settings, store, self.pool, self.desk, self.media, self.clock)
        self.recorded.subscribe(self.notifications)
        numbers, routes = self.directory.app_of_number, Routes(settings.trunk, settings.users)
        calls = CallReactions(numbers, settings.inbound_wait_s, self.recorded.reactions)
        self.dialling = open_dialling(store, self.pool, self.desk, routes, numbers, calls)
        self.reactions = Reactions(calls, MemberReactions(), self.recorded.reactions)
        kept = settings.recording_keep_s * 1000, settings.billing_keep_s * 1000
        keep = Keep(int(settings.join_timeout_s * 1000), recordings_ms=kept[0], records_ms=kept[1])
        self.housekeeping = Housekeeping(store, keep, self._is_reachable, self.recorded.sweep.sweep, self._is_behind)
        self.records = Records(store, self.clock, settings.cdr_dir)
        self.clockwork = Clockwork(self.tenure, self.housekeeping, self.clock)
        self.call_keeper = CallKeeper(self.pool, store, self.clock, settings.inbound_wait_s)
        self.call_keeper.subscribe(self.notifications)
        self.room_keeper = RoomKeeper(store, self.pool, self.clock, settings.digits_match_timeout_ms)
        self.room_keeper.subscribe(self.notifications)
        self.member_keeper = MemberKeeper(store, self.pool, self.media.resolve, self.clock)
        self.member_keeper.subscribe(self.notifications)
        self.coaching = Coaching(store, self.desk)
        self.notifications.subscribe(RelateNewcomer, self.coaching.newcomer)
        self.notifications.subscribe(PlayNext, self.player.play_next)
        sounds = Sounds(self.media.resolve, self.media.spoken, self.media.speech.check)
        self.leg_parts = LegParts(store, self.pool, self.desk, sounds, settings.hold_music, now)
        self.leg_parts.subscribe(self.notifications)
        self.notifications.subscribe(EmptyRoom, self.rooms.empty)
        of_documents, dialling = self.recorded.of_documents, self.dialling
        self.runner = open_runner(
            settings, store, self.pool, self.directory, self.media, of_documents, self._is_mine, self.clock, dialling
        )
        self.runner.subscribe(self.notifications)

    def _build_doors(self) -> None:
        settings = self.settings
        LookUpMetrics(self.media.lookups, self.registry)
        self.deliverer = open_deliverer(
            settings, self.store, self.directory, self.owner, self.clock, self.registry, self.media.lookups
        )
        self.store.on_commit = self._committed
        self.listeners = [self._listener(node) for node in self.pool.nodes]
        IntakeMetrics(self.listeners, self.registry)
        services = Services(
            self.directory,
            self.desk,
            self.rooms,
            RoomAudio(self.store, self.desk, self.media.speech.check),
            SessionMembers(self.desk),
            RoomCommands(self.store, self.desk),
            RoomMembers(self.store, self.desk),
            Floors(self.store, self.desk),
            self.coaching,
            Sessions(self.store, self.desk),
            self.recorded.commands,
            self.leg_parts,
            Deliveries(self.store, self.clock, self.deliverer.wake_resent),
            Endpoints(self.store),
            RateLimit(settings.rate_limit_per_s, self.clock),
            self.dialling.outbound,
            self.dialling.transfers,
            self.records,
        )
        files = self.media.file_of, self.media.uploads.take, self.media.is_recording
        self.app = make_app(services, settings.max_body_bytes, self.why_not_ready, self.registry, *files)

    def _listener(self, node: Node) -> Listener:
        lease = self.tenure.lease(node_lease(node.id))
        snapshots = Snapshots(self.store, self.reactions, self.clock, self._node_reconciled, lease.confirm)
        return Listener(
            node,
            self.store,
            self.reactions,
            snapshots,
            lease,
            self.settings.reconcile_interval_s,
            on_lost=self._reconciled.discard,
        )

    def _committed(self, effects: list[Effect], written: Written) -> None:
        self.notifications.publish(effects)
        if written:
            self.deliverer.wake(written)

    def _node_reconciled(self, node_id: str) -> None:
        if after_gap := node_id not in self._reconciled:
            self._reconciled.add(node_id)
            self.notifications.publish(self.call_keeper.to_be_mended(node_id))
            self.notifications.publish(self.room_keeper.to_be_mended(node_id))
            self.notifications.publish(self.recorded.keeper.to_be_mended(node_id))
            self.notifications.publish(self.member_keeper.to_be_mended(node_id))
            self.notifications.publish(self.coaching.to_be_mended(node_id))
        self.notifications.publish(self.call_keeper.unmended(node_id))
        self.notifications.publish(self.recorded.keeper.left_over(node_id))
        gevent.spawn(self.records.close_from_cdrs, node_id)
        gevent.spawn(self.player.resume, node_id, self.clock.now_ms())
        gevent.spawn(self.leg_parts.player.resume, node_id, self.clock.now_ms(), after_gap)
        gevent.spawn(self.runner.take_up, node_id)

    def why_not_ready(self) -> str:
        """'' when a load balancer may send requests here."""
        if trouble := self.health.trouble():
            return trouble
        if waiting := [listener.node.id for listener in self.listeners if listener.waits]:
            return f"events of node {', '.join(waiting)} wait for the database"
        if not any(node.connected for node in self.pool.nodes):
            return "; ".join(f"node {node.id}: {node.state}" for node in self.pool.nodes)
        if not any(self._is_settled(node) for node in self.pool.nodes):
            return "no node is reconciled yet"
        return ""

    def _is_settled(self, node: Node) -> bool:
        """Reconciled here, or by the process that holds the node's lease."""
        elsewhere = self.tenure.whose(node_lease(node.id)) is Whose.ANOTHERS
        return node.connected and (node.id in self._reconciled or elsewhere)

    def _is_mine(self, node_id: str) -> bool:
        return self.tenure.holds(node_lease(node_id))

    def _is_reachable(self, node_id: str) -> bool:
        """Whether a join that is overdue can be believed to have failed: else its add-member is yet to be found."""
        found = (listener.node for listener in self.listeners if listener.node.id == node_id)
        return any(self._is_settled(node) for node in found) and not self._is_behind(node_id)

    def _is_behind(self, node_id: str) -> bool:
        return any(one.node.id == node_id and (one.waits or one.node.backlog) for one in self.listeners)

    @property
    def port(self) -> int:
        return self.http.port

    @property
    def public_url(self) -> str:
        """With GATEWAY_LISTEN=…:0 the port is only known once it is bound."""
        host, port = self.settings.listen_address
        if port == 0 and self.settings.public_url == f"http://{self.settings.listen}":
            return f"http://{host}:{self.port}"
        return self.settings.public_url

    def start(self) -> None:
        """Raises ConfigError where another process holds the embedded database or the port."""
        if self._lock is not None:
            self._lock.take()
        try:
            migrate.upgrade(self.engine)
        except BaseException:  # nothing has begun, and no lease can be handed back to a database that is not there
            self.http.stop(0)
            self._close()
            raise
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        if not is_postgres(self.engine):
            self.store.write(lambda uow: leases.clear(uow.connection))
        Path(self.settings.recordings_dir).mkdir(parents=True, exist_ok=True)
        self.clockwork.start()
        self.housekeeping.end_left_open()
        self.deliverer.start()
        for listener in self.listeners:
            listener.start()
        self.pool.start()
        self.http.start(self.app)

    def stop(self) -> None:
        """Stop accepting, finish requests, hand the leases back; calls and rooms stay as they are."""
        self.player.stop()
        self.leg_parts.player.stop()
        self.http.stop(STOP_GRACE_S)
        for listener in self.listeners:
            listener.stop()
        self.runner.stop()
        self.room_keeper.stop()
        self.recorded.transcriptions.stop()
        self.member_keeper.stop()
        self.clockwork.stop()
        self.notifications.settle(EFFECTS_GRACE_S)
        self.tenure.lay_down()
        self.pool.stop()
        self.deliverer.stop(STOP_GRACE_S)
        self.tenure.hand_back()
        self._close()

    def _close(self) -> None:
        self.store.stop()
        if self._lock is not None:
            self._lock.release()
