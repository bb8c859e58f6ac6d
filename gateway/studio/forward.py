"""Handing reports on to another server that the operator has named. Nothing a client sends has a say in where they go."""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify

from gateway.studio.surface import detail
from services.chassis.settings import Settings

# Clients wait five seconds for the whole answer.
PATIENCE = 4.0
LONGEST = 65_536


def forward(settings: Settings, path: str, raw: bytes) -> Response:
    """Answers the other server's refusal as it is where it concerns the report, and 502 where it concerns the way there."""
    try:
        status, said = _send(settings, path, raw)
    except (OSError, HTTPException):
        return detail("The upstream server cannot be reached.", 502)
    if status == 200:
        return jsonify(_object(said))
    if status in (400, 404, 413, 422):
        return detail(str(_object(said).get("detail", "The upstream server refused this."))[:200], status)
    return detail(f"The upstream server answered {status}.", 502)


def _send(settings: Settings, path: str, raw: bytes) -> tuple[int, bytes]:
    url = urlsplit(settings.live_forward_url)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=PATIENCE)
    headers = {"Content-Type": "application/json"}
    if settings.live_forward_token:
        headers["Authorization"] = f"token {settings.live_forward_token}"
    try:
        # One request and no more: a redirect is an answer like any other that is not 200.
        connection.request("POST", f"{url.path.rstrip('/')}/{path}", raw, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(LONGEST)
    finally:
        connection.close()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
