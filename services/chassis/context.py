"""Who is calling, from where, and what caused it: carried beside every call, never passed by domain code."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from uuid import uuid4

OPERATOR = "true"


@dataclass(frozen=True, slots=True)
class CallContext:
    """What one request carries through the gateway, RPC, events and everything they cause.

    ``actor_id`` is an account or ``system:<service>``; ``operator``, if not empty, says that it has an operator's rights.
    ``claimed_request_id`` and ``claimed_actor`` are what the client itself says, for the record only. ``traceparent`` follows W3C Trace
    Context. ``repeatable``, if not empty, says that the call does no harm when it is done twice.
    """

    correlation_id: str = ""
    causation_id: str = ""
    actor_id: str = ""
    credential_id: str = ""
    on_behalf_of: str = ""
    ip: str = ""
    user_agent: str = ""
    operator: str = ""
    claimed_request_id: str = ""
    claimed_actor: str = ""
    workspace_id: str = ""
    traceparent: str = ""
    idempotency_key: str = ""
    repeatable: str = ""

    def to_wire(self) -> dict[str, str]:
        return {name: value for name in _NAMES if (value := getattr(self, name))}

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> Self:
        """Unknown keys are dropped, so that services of different age understand one another."""
        return cls(**{name: str(data[name]) for name in _NAMES if data.get(name)})


_NAMES = tuple(f.name for f in fields(CallContext))


_current: ContextVar[CallContext] = ContextVar("call_context")


def current() -> CallContext:
    """The context of this call; outside of any call, a fresh one with a correlation id of its own."""
    try:
        return _current.get()
    except LookupError:
        return CallContext(correlation_id=str(uuid4()))


def inside() -> bool:
    return _current.get(None) is not None


@contextmanager
def use(context: CallContext) -> Iterator[CallContext]:
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


@contextmanager
def amended(**changes: str) -> Iterator[CallContext]:
    """The current context with some values replaced."""
    with use(replace(current(), **changes)) as context:
        yield context
