"""What an operator sees of the switches: per node, its connections, what waits, what was applied or skipped."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.intake.listener import Listener

_GAUGES: tuple[tuple[str, str, Callable[[Listener], float]], ...] = (
    ("gateway_node_connected", "1 while both connections to the switch are up", lambda it: float(it.node.connected)),
    ("gateway_node_backlog_events", "Events of the switch that wait to be applied", lambda it: it.node.backlog),
    ("gateway_node_jobs_under_way", "bgapi commands without a result yet", lambda it: it.node.jobs_under_way),
    ("gateway_node_lease_held", "1 while this process applies the node's events", lambda it: float(it.holds)),
    ("gateway_node_events_wait", "1 while events wait for the database", lambda it: float(it.waits)),
    (
        "gateway_node_reconciled_timestamp_seconds",
        "When this process last reconciled the node",
        lambda it: it.reconciled_at / 1000,
    ),
)
_COUNTERS: tuple[tuple[str, str, Callable[[Listener], float]], ...] = (
    ("gateway_happenings_applied", "Happenings applied to the store", lambda it: it.applied),
    ("gateway_happenings_skipped", "Events that could not be understood or applied", lambda it: it.skipped),
    ("gateway_events_left", "Events not applied here: another process held the lease", lambda it: it.left),
    ("gateway_events_unknown", "Events that no table of the translation names", lambda it: it.unknown),
    ("gateway_switch_events", "Events and job results received", lambda it: it.node.counters.events),
    ("gateway_switch_bad_frames", "Frames that could not be read", lambda it: it.node.counters.bad_frames),
    ("gateway_switch_late_replies", "Replies after their time limit", lambda it: it.node.counters.late_replies),
    ("gateway_switch_stray_replies", "Replies that nobody asked for", lambda it: it.node.counters.stray_replies),
    ("gateway_switch_connects", "Times that the event connection was set up", lambda it: it.node.counters.connects),
    ("gateway_switch_losses", "Times that the event connection was lost", lambda it: it.node.counters.losses),
    ("gateway_switch_overflows", "Times that its backlog was dropped", lambda it: it.node.counters.overflows),
)


class IntakeMetrics(Collector):
    """Read at each scrape; nothing is counted twice on the hot path."""

    def __init__(self, listeners: Sequence[Listener], registry: CollectorRegistry) -> None:
        self._listeners = listeners
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        for name, text, read in _GAUGES:
            gauge = GaugeMetricFamily(name, text, labels=["node"])
            for listener in self._listeners:
                gauge.add_metric([listener.node.id], read(listener))
            yield gauge
        for name, text, read in _COUNTERS:
            counter = CounterMetricFamily(name, text, labels=["node"])
            for listener in self._listeners:
                counter.add_metric([listener.node.id], read(listener))
            yield counter
