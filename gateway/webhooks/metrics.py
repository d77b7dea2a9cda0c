"""What an operator sees of deliveries: counters, what is in flight, how old the oldest pending row is."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """One set a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.delivered = Counter("gateway_webhooks_delivered", "Deliveries answered with 2xx", registry=registry)
        self.retried = Counter("gateway_webhooks_retried", "Attempts that will be repeated", registry=registry)
        self.dead = Counter("gateway_webhooks_dead", "Deliveries given up", registry=registry)
        self.errors = Counter("gateway_webhooks_errors", "Errors of the delivery loops themselves", registry=registry)
        self.in_flight = Gauge("gateway_webhooks_in_flight", "POSTs without an answer yet", registry=registry)
        self.oldest_pending_s = Gauge(
            "gateway_webhooks_oldest_pending_seconds", "Age of the oldest pending row", registry=registry
        )
        self.delay_s = Histogram(
            "gateway_webhooks_delay_seconds",
            "From the event to its 2xx",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600),
            registry=registry,
        )
