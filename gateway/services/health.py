"""What this process as a whole needs: its database and its leases. Out: a sentence for /readyz, metrics."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.services.notifications import Notifications
from gateway.services.tenure import Tenure
from gateway.store.store import Store


class Health(Collector):
    """Asks nobody: leases are renewed every few seconds, so what became of the last writes is known anyway."""

    def __init__(self, store: Store, tenure: Tenure, notifications: Notifications, registry: CollectorRegistry) -> None:
        self._store = store
        self._tenure = tenure
        self._notifications = notifications
        registry.register(self)

    def trouble(self) -> str:
        """'' when requests can be served."""
        return self._store.trouble or self._tenure.trouble()

    def collect(self) -> Iterable[Metric]:
        up = not (self._store.trouble or self._tenure.overdue_s())
        yield GaugeMetricFamily("gateway_database_up", "1 while the database takes what is written", value=float(up))
        skew = "This process' clock less the database's, on PostgreSQL"
        yield GaugeMetricFamily("gateway_clock_skew_seconds", skew, value=self._tenure.skew_s)
        failed = self._notifications.failed
        yield CounterMetricFamily("gateway_effects_failed", "What should follow a commit and broke off", value=failed)
