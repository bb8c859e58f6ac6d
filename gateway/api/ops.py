"""Whether the gateway is alive and ready, and what it counts."""

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.permissions import public, requires

blp = Blueprint("ops", __name__)


@blp.get("/healthz")
@requires(public)
def healthz() -> Response:
    return jsonify(status="alive")


@blp.get("/readyz")
@requires(public)
def readyz() -> Response:
    found = current_app.extensions["gatehouse.problems"]()
    response = jsonify(status="not ready" if found else "ready", problems=found)
    response.status_code = 503 if found else 200
    return response


@blp.get("/metrics")
@requires(public)
def metrics() -> Response:
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
