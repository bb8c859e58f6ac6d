"""Entries as the journal keeps them."""

from collections.abc import Iterator
from typing import Any

from gatehouse import registry
from services.audit.proof.entries import entry_bytes
from services.audit.proof.merkle import leaf_hash
from services.chassis.public import PublicEvent
from tests.builders.public_events import events
from tests.contracts import stored

_NAMES = ("source", "position", "id", "time", "type", "version", "subject", "ip", "user_agent", "correlation_id", "causation_id")


def row(event: PublicEvent, **members: Any) -> dict[str, Any]:
    """Of the first entry of a log."""
    known = {name: getattr(event, name) or None for name in (*_NAMES, "workspace_id", "on_behalf_of", "credential_id")}
    known |= {"operator": bool(event.operator), "claimed_request_id": None, "claimed_actor": None}
    about = {"actor": event.actor_id or None, "account_id": event.data.get("account_id"), "changes": event.data}
    entry = known | about | members
    return entry | {"leaf": 0, "previous": b"", "hash": leaf_hash(entry_bytes(entry, b""))}


def entry(type: str = "workspaces.member.joined", changes: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return row(events(type.partition(".")[0], (type, changes or {}))[0], **members)


def one_of_each() -> Iterator[dict[str, Any]]:
    """Of every public event there is, made from its stored example."""
    for spec in registry.specs():
        for path in sorted((stored.FOLDER / spec.name).glob("*.json")):
            if hasattr(spec.application, "public") and (said := stored.load(path)) in spec.application.public:
                yield row(spec.application.public.publish(said, 2, 0))
