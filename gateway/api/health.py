"""Is it up, is it ready, what does it count: /healthz, /readyz, /metrics. Open to all: nothing of an app is told."""

from collections.abc import Callable

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from gateway.api.answers import json_response


def make_blueprint(why_not_ready: Callable[[], str], registry: CollectorRegistry) -> Blueprint:
    """`why_not_ready()` is '' while the database takes changes and a node is connected and reconciled."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return json_response({"status": "up"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        reason = why_not_ready()
        if reason:
            return json_response({"status": "not ready", "reason": reason}, 503)
        return json_response({"status": "ready"})

    @blueprint.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return blueprint
