"""nameko's RPC as it looks on the wire, for both of its ends."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import amqp
from kombu.entity import Exchange
from nameko.exceptions import deserialize, get_module_path

from services.chassis.errors import InternalError, ServiceError

EXCHANGE = Exchange("nameko-rpc", type="topic", durable=True)
# Where the call's context travels: the key ``gatehouse`` of nameko's context data.
CONTEXT = "nameko.gatehouse"

_TRANSIENT = 1


def message(body: str, correlation_id: str, **properties: Any) -> amqp.Message:
    """Transient: whoever waits for it does so for seconds, so nobody needs it after a restart."""
    return amqp.Message(
        body,
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=_TRANSIENT,
        correlation_id=correlation_id,
        **properties,
    )


def dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_plain)


def request(payload: dict[str, Any]) -> str:
    return dumps({"args": [payload], "kwargs": {}})


def answer(result: dict[str, Any]) -> dict[str, Any]:
    return {"result": result, "error": None}


def refusal(error: ServiceError) -> dict[str, Any]:
    """As nameko serialises an exception, but for the fields, whose numbers it would turn into text."""
    kind = type(error)
    serialized = {"exc_type": kind.__name__, "exc_path": get_module_path(kind), "exc_args": list(error.args), "value": str(error)}
    return {"result": None, "error": serialized}


def raised(error: dict[str, Any]) -> ServiceError:
    """What the service answered with; what is not one of our kinds is its secret."""
    try:
        found = deserialize(error)
    except TypeError:
        found = None
    return found if isinstance(found, ServiceError) else InternalError()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not travel")
