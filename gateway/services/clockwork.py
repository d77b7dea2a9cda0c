"""The clockwork: renews leases, ends what is past its limit, sweeps. One greenlet that outlives any single failure."""

import logging

import gevent
from gevent.event import Event as Signal

from gateway.domain.clock import Clock
from gateway.services.housekeeping import Housekeeping
from gateway.services.tenure import Tenure

log = logging.getLogger(__name__)
TICK_S = 0.5
SWEEP_EVERY_S = 60
STOP_LIMIT_S = 10.0
HOUSEKEEPING = "housekeeping"


class Clockwork:
    def __init__(self, tenure: Tenure, housekeeping: Housekeeping, clock: Clock) -> None:
        self._tenure = tenure
        self._housekeeping = housekeeping
        self._clock = clock
        self._stopped = Signal()
        self._greenlets: list[gevent.Greenlet] = []

    def start(self) -> None:
        self._tenure.renew()
        self._greenlets = [gevent.spawn(self._renew), gevent.spawn(self._keep)]

    def stop(self) -> None:
        self._stopped.set()
        gevent.joinall(self._greenlets, timeout=STOP_LIMIT_S)

    def _renew(self) -> None:
        while not self._stopped.wait(self._tenure.renew_every_s):
            try:
                self._tenure.renew()
            except Exception:  # noqa: BLE001 - tried again before the lease runs out
                log.exception("leases were not renewed")

    def _keep(self) -> None:
        swept = 0
        while not self._stopped.wait(TICK_S):
            now = self._clock.now_ms()
            try:
                if self._tenure.holds(HOUSEKEEPING):
                    self._housekeeping.tick(now)
                    if now - swept >= SWEEP_EVERY_S * 1000:
                        swept = now
                        self._housekeeping.sweep(now)
            except Exception:  # noqa: BLE001 - the next tick comes
                log.exception("housekeeping failed")
