"""Public events: what leaves a service, as CloudEvents 1.0 in structured JSON."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from eventsourcing.utils import get_topic
from marshmallow import Schema

# The call's metadata under CloudEvents' attribute names: lower-case letters and digits only (CloudEvents 1.0, 3.1).
_ATTRIBUTES = {
    "actor_id": "actorid",
    "credential_id": "credentialid",
    "on_behalf_of": "onbehalfof",
    "ip": "clientip",
    "user_agent": "useragent",
    "operator": "operator",
    "claimed_request_id": "claimedrequestid",
    "claimed_actor": "claimedactor",
    "correlation_id": "correlationid",
    "causation_id": "causationid",
    "traceparent": "traceparent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEvent:
    """``position`` counts in the source's log; ``previous`` is the position of the public event before it, 0 for the first."""

    id: str
    source: str
    type: str
    version: int
    subject: str
    time: datetime
    position: int
    previous: int
    workspace_id: str = ""
    actor_id: str = ""
    credential_id: str = ""
    on_behalf_of: str = ""
    ip: str = ""
    user_agent: str = ""
    operator: str = ""
    claimed_request_id: str = ""
    claimed_actor: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "specversion": "1.0",
            "id": self.id,
            "source": f"/{self.source}",
            "type": f"{self.type}.v{self.version}",
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "position": self.position,
            "previous": self.previous,
        }
        if self.workspace_id:
            body["workspaceid"] = self.workspace_id
        body |= {wire: value for name, wire in _ATTRIBUTES.items() if (value := getattr(self, name))}
        return body | {"data": self.data}

    def to_json(self) -> bytes:
        return json.dumps(self.to_wire(), separators=(",", ":")).encode()

    @classmethod
    def from_wire(cls, body: dict[str, Any]) -> Self:
        type_, _, version = body["type"].rpartition(".v")
        return cls(
            id=body["id"],
            source=body["source"].lstrip("/"),
            type=type_,
            version=int(version),
            subject=body["subject"],
            time=datetime.fromisoformat(body["time"]),
            position=body["position"],
            previous=body["previous"],
            workspace_id=body.get("workspaceid", ""),
            data=body["data"],
            **{name: body.get(wire, "") for name, wire in _ATTRIBUTES.items()},
        )


@dataclass(frozen=True, slots=True)
class PublicType:
    name: str
    version: int
    schema: Schema
    workspace: str


class PublicEvents:
    """A service's public events: which domain event becomes which, and the schema of its data."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._types: dict[type, PublicType] = {}

    def event(
        self, *domain_events: type, version: int = 1, workspace: str = "workspace_id", name: str = ""
    ) -> Callable[[type[Schema]], type[Schema]]:
        """Declares the schema of these domain events' public form; its fields are read from the events' attributes.

        ``workspace`` names the attribute that holds the workspace's id, where there is one.
        """

        def register(schema: type[Schema]) -> type[Schema]:
            for domain_event in domain_events:
                type_name = name or get_topic(domain_events[0])
                self._types[domain_event] = PublicType(type_name, version, schema(), workspace)
            return schema

        return register

    @property
    def topics(self) -> list[str]:
        return [get_topic(domain_event) for domain_event in self._types]

    @property
    def types(self) -> Iterable[PublicType]:
        return self._types.values()

    def __contains__(self, domain_event: object) -> bool:
        return type(domain_event) in self._types

    def last_position(self, events: Sequence[Any], positions: Sequence[int]) -> int:
        """Position of the last public one among the events just appended; 0 if none is."""
        return max((p for e, p in zip(events, positions, strict=True) if e in self), default=0)

    def publish(self, domain_event: Any, position: int, previous: int) -> PublicEvent:
        kind = self._types[type(domain_event)]
        return PublicEvent(
            id=f"{self.source}:{position}",
            source=self.source,
            type=kind.name,
            version=kind.version,
            subject=str(domain_event.originator_id),
            time=domain_event.timestamp,
            position=position,
            previous=previous,
            workspace_id=str(getattr(domain_event, kind.workspace, None) or ""),
            data=kind.schema.dump(domain_event),
            **domain_event.metadata,
        )
