"""One endpoint's deliveries: reads its pending rows, posts those whose turn it is, says what became of them."""

import logging
import time
from collections.abc import Generator, Sequence
from contextlib import closing

import gevent
from gevent.event import Event

from gateway.domain.deliveries import Fresh, Parcel, Ref
from gateway.errors import MediaError
from gateway.store import outbox
from gateway.store.outbox import Outcome
from gateway.time_limits import give_way
from gateway.webhooks.burial import Burial
from gateway.webhooks.health import Health
from gateway.webhooks.lanes import WINDOW, Lanes
from gateway.webhooks.office import Office
from gateway.webhooks.parcels import Parcels
from gateway.webhooks.retry import Attempt, Dead, Delivered, DisableEndpoint, RetryAt, judge
from gateway.webhooks.sender import Sender, kind_of
from gateway.webhooks.slots import Poster

ILL_WINDOW = 64
WHOLE_PASS_S = 5.0
READ_PAUSES = 20  # while rows are in hand, reading for more gets a twentieth of the time
MIN_LEASE_LEFT = 0.1  # of lease_s: with less nothing is started
MISSING_FOR_S = 5.0
log = logging.getLogger(__name__)


class Courier:
    """Runs on its own greenlet; its posters are greenlets too. `lease_until` is monotonic, renewed from outside."""

    def __init__(self, endpoint_id: str, office: Office, lease_until: float) -> None:
        self.endpoint_id = endpoint_id
        self.lease_until = lease_until
        self.lanes = Lanes()
        self.stopping = False
        self.finished = False
        self.idle_since = time.monotonic()
        self.kind = kind_of(endpoint_id)
        self._office = office
        self._changed = Event()
        self._posters: set[gevent.Greenlet] = set()
        self._parcels = Parcels(office.store, self.lanes)
        self._sender = Sender(endpoint_id, office)
        self._shrink = False
        self._health = Health()
        self._burial = Burial(endpoint_id, office)
        self._whole_at = 0.0
        self._read_cost = (0.0, 0.0)  # when the last pass ended, how long it took
        self._missing_since: float | None = None
        self._disabled = self._gone_reason = ""
        self._greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._run)

    def signal(self, rows: Sequence[Fresh] = (), most_rows: int = 0, most_bytes: int = 0) -> None:
        """New rows were committed; `rows` are all of them, in the order of their ids, or none is known here."""
        refs = [row.ref for row in rows]
        if not refs or self._health.ill or not self.lanes.hand(refs, most_rows, self._office.clock.now_ms()):
            self.lanes.expect_more()
        else:
            self._parcels.hand([row.parcel for row in rows], most_bytes)
        self._changed.set()

    def read_whole(self) -> None:
        """Rows with old ids may be pending again."""
        self._whole_at = 0.0
        self._changed.set()

    def wake(self) -> None:
        self._changed.set()

    def stop(self) -> None:
        """Start nothing more; what is in flight ends by itself."""
        self.stopping = True
        self._changed.set()

    def join(self, limit_s: float) -> None:
        """The loop too: killed in the middle of a read it would leave a cursor open in the database."""
        gevent.joinall([*self._posters, *([self._greenlet] if self._greenlet else [])], timeout=limit_s)

    def kill(self) -> None:
        gevent.killall([*self._posters, *([self._greenlet] if self._greenlet else [])], block=False)
        self._sender.close()

    @property
    def ill(self) -> bool:
        return self._health.ill

    def leased(self) -> bool:
        return self.lease_until - time.monotonic() >= MIN_LEASE_LEFT * self._office.limits.lease_s

    # -- the loop

    def _run(self) -> None:
        while not self.stopping and self.leased():
            self._changed.clear()
            wait_s = WHOLE_PASS_S
            try:
                wait_s = self._turn()
            except Exception:  # noqa: BLE001 - this loop must outlive anything (house rule 7)
                self._office.metrics.failed()
                log.exception("deliveries of endpoint %s: error in the loop; it goes on", self.endpoint_id)
                wait_s = 1.0
            self._changed.wait(wait_s)
        gevent.joinall(list(self._posters), timeout=self._office.limits.timeouts.total_s)
        self.finished = True
        self._sender.close()

    def _turn(self) -> float:
        """Read and start what can be started; returns how long there is nothing to do unless something changes."""
        if reason := self._undeliverable():
            return self._bury(reason)
        if self._missing_since is not None:
            return 0.5
        hurry = not self._posters and self._burial.overdue(self._health.ill_for_s())
        read_again, pause_s = self._read(), self._health.pause_s()
        self._spawn()
        if not self.lanes.empty or self._posters:
            self.idle_since = time.monotonic()
        waits = [WHOLE_PASS_S, read_again, pause_s or WHOLE_PASS_S, 0 if hurry else WHOLE_PASS_S]
        wake_at = self.lanes.next_wake_at()
        if wake_at is not None:
            waits.append((wake_at - self._office.clock.now_ms()) / 1000)
        return max(0.002, min(waits))

    def _undeliverable(self) -> str:
        if self._disabled:
            return self._disabled
        if self.kind:
            return "" if self.kind in self._office.signers else f"nobody signs for {self.kind}"
        endpoint = self._office.endpoint_of(self.endpoint_id)
        if endpoint is None:
            self._missing_since = self._missing_since or time.monotonic()
            return "endpoint-removed" if time.monotonic() - self._missing_since > MISSING_FOR_S else ""
        self._missing_since = None
        return "endpoint-disabled" if endpoint.disabled_at is not None else ""

    def _bury(self, reason: str) -> float:
        """The endpoint gets nothing more: its rows become dead letters, after what is in flight has ended."""
        if self._posters:
            return WHOLE_PASS_S
        self.stopping = self._burial.everything(reason, self._gone_reason)
        return 0.0

    def _read(self) -> float:
        """Passes over the table, as long as they pay; returns when the next may be worth it."""
        monotonic = time.monotonic
        if self._shrink:
            self.lanes.forget_waiting()
            self._shrink = False
        whole = monotonic() >= self._whole_at
        while whole or self.lanes.wants_pass():
            ended_at, cost = self._read_cost
            wait = ended_at + READ_PAUSES * cost - monotonic()
            # Also while all wait behind one in flight: two busy rooms spent 90 % of the CPU on looking for more.
            if not whole and wait > 0 and self.lanes.held:
                return wait
            began = monotonic()
            self._pass(whole)
            self._read_cost = (monotonic(), monotonic() - began)
            if whole:
                self._sender.prune()
                self._whole_at = monotonic() + max(WHOLE_PASS_S, 50 * self._read_cost[1])
            whole = False
        return self._whole_at - monotonic()

    def _pass(self, whole: bool) -> None:
        now = self._office.clock.now_ms()
        after = self.lanes.begin(now, whole)
        ended = False
        try:
            ended = self._office.store.read(
                lambda connection: self._admit(outbox.pending(connection, self.endpoint_id, after, now))
            )
        finally:
            self.lanes.finish(now, ended)

    def _admit(self, pages: Generator[Sequence[Ref], None, None]) -> bool:
        with closing(pages):
            for page in pages:
                if not self.lanes.admit(page):
                    return False
                give_way()  # a long pass must not keep others from their work
        return True

    def _spawn(self) -> None:
        office, lanes = self._office, self.lanes
        most = self._health.most_posts(office.limits.per_endpoint)
        ready = lanes.count_ready() if lanes.has_ready(office.clock.now_ms()) else 0
        while ready > 0 and len(self._posters) < most and self.leased():
            poster = office.slots.enter(not self._posters, self._health.shaky, self.wake, self.endpoint_id)
            if poster is None:
                return
            greenlet = gevent.Greenlet(self._post_all, poster)
            self._posters.add(greenlet)
            greenlet.start()
            ready -= 1

    # -- posting

    def _post_all(self, poster: Poster) -> None:
        office = self._office
        try:
            while not self.stopping and not self._disabled and self.leased():
                office.settler.wait_for_room()
                taken = self.lanes.take(office.clock.now_ms())
                if taken is None:
                    break
                poster.since = time.monotonic()
                self._deliver(*taken)
                if (poster.shared and office.slots.contended) or self._health.shaky:
                    break
        except Exception:  # noqa: BLE001 - as in the loop
            office.metrics.failed()
            log.exception("deliveries of endpoint %s: error in a poster", self.endpoint_id)
        finally:
            self._posters.discard(gevent.getcurrent())
            office.slots.leave(poster)
            self._changed.set()

    def _deliver(self, row_id: int, attempts: int) -> None:
        office = self._office
        attempt = Attempt(error="internal error")
        parcel: Parcel | None = None
        try:
            parcel = self._parcels.get(row_id, ahead=not self._health.ill)
            if parcel is None:  # somebody else has ended it meanwhile
                self.lanes.done(row_id)
                self.lanes.settled([row_id])
                return
            attempt = self._sender.send(parcel, self.lease_until)
        except (ValueError, MediaError) as error:  # a URL or a secret that cannot be used: nobody was asked
            attempt = Attempt(error=str(error), final=True)
        except Exception as error:  # noqa: BLE001 - the row must get its turn again, whatever happened
            office.metrics.failed()
            log.exception("delivery %d to endpoint %s failed before it was sent", row_id, self.endpoint_id)
            attempt = Attempt(error=f"{type(error).__name__}: {error}")
        self._conclude(row_id, attempts + 1, parcel, attempt)

    def _conclude(self, row_id: int, number: int, parcel: Parcel | None, attempt: Attempt) -> None:
        office, now = self._office, self._office.clock.now_ms()
        verdict = judge(attempt, number, now, office.random)
        state, due_at, error = outbox.DEAD, now, ""
        match verdict:
            case Delivered():
                state = outbox.DELIVERED
                self._well()
                office.metrics.arrived(max(0, now - parcel.created_at) if parcel is not None else 0)
            case RetryAt():
                state, due_at, error = outbox.PENDING, verdict.due_at, attempt.error or f"status {attempt.status}"
                self._failed(row_id, error)
                office.metrics.retried += 1
            case Dead():
                error = verdict.reason
                self._failed(row_id, error) if verdict.exhausted else self._well()
            case DisableEndpoint():
                error = self._gone(verdict.reason)
        if state == outbox.DEAD:
            office.metrics.dead += 1
            log.warning("delivery %d to endpoint %s is a dead letter: %s", row_id, self.endpoint_id, error)
        ended_at = None if state == outbox.PENDING else now
        office.settler.add(self.lanes, Outcome(row_id, state, number, due_at, attempt.status, error, ended_at))
        self.lanes.retry(row_id, due_at) if state == outbox.PENDING else self.lanes.done(row_id)

    def _well(self) -> None:
        if self._health.succeeded():
            self.lanes.window = WINDOW
            self._changed.set()

    def _failed(self, row_id: int, error: str) -> None:
        if self._health.failed(self.lanes.lanes_of(row_id)):
            log.warning("endpoint %s fails in lane after lane: %s", self.endpoint_id, error)
            self.lanes.window = ILL_WINDOW
            self._parcels.clear()
            self._shrink = True

    def _gone(self, reason: str) -> str:
        """410: an endpoint is disabled, and says so; a callback only loses this delivery."""
        if self.kind:
            return reason
        self._gone_reason = reason
        self._disabled = "endpoint-disabled"
        return self._disabled
