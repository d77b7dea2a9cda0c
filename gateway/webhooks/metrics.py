"""What an operator sees of deliveries: counters, what is in flight, how old the oldest pending row is.

Plain numbers, read at each scrape: prometheus_client's counters take a lock each, and four a delivery cost it 5 %.
"""

from bisect import bisect_left
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

DELAY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3600.0)


class Metrics(Collector):
    """One set a registry. The numbers are public: who does a thing counts it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.delivered = self.retried = self.dead = self.errors = 0
        self.in_flight = self.ill = 0
        self.oldest_pending_s = 0.0
        self._delays = [0] * (len(DELAY_BUCKETS_S) + 1)
        self._delay_sum_ms = 0
        registry.register(self)

    def failed(self) -> None:
        self.errors += 1

    def arrived(self, delay_ms: int) -> None:
        """A 2xx came `delay_ms` after the event."""
        self.delivered += 1
        self._delays[bisect_left(DELAY_BUCKETS_S, delay_ms / 1000)] += 1
        self._delay_sum_ms += delay_ms

    def collect(self) -> Iterable[Metric]:
        for name, text, count in (
            ("delivered", "Deliveries answered with 2xx", self.delivered),
            ("retried", "Attempts that will be repeated", self.retried),
            ("dead", "Deliveries given up", self.dead),
            ("errors", "Errors of the delivery loops themselves", self.errors),
        ):
            yield CounterMetricFamily(f"gateway_webhooks_{name}", text, value=count)
        yield GaugeMetricFamily("gateway_webhooks_in_flight", "POSTs without an answer yet", value=self.in_flight)
        ill = "Endpoints that fail in lane after lane, tried with one POST at a time until one arrives"
        yield GaugeMetricFamily("gateway_webhooks_endpoints_ill", ill, value=self.ill)
        oldest = "Age of the oldest pending row"
        yield GaugeMetricFamily("gateway_webhooks_oldest_pending_seconds", oldest, value=self.oldest_pending_s)
        buckets, total = [], 0
        for bound, count in zip((*map(str, DELAY_BUCKETS_S), "+Inf"), self._delays, strict=True):
            total += count
            buckets.append((bound, float(total)))
        delay = "From the event to its 2xx"
        yield HistogramMetricFamily("gateway_webhooks_delay_seconds", delay, buckets, self._delay_sum_ms / 1000)
