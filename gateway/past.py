"""Asking about the past: ``?at=``. Who may ask is judged today; what is answered is never remembered here, and has no ETag."""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from marshmallow import Schema, ValidationError, fields

from gateway.calls import ask

# Services whose logs a position may be of.
SOURCES = ("workspaces", "authz", "vault", "billing")
_POSITION = re.compile(r"(?:([a-z]{1,50}):)?(\d{1,19})", re.ASCII)
_HELP = "Give a time such as 2026-11-20T12:00:00Z (a + is written %2B), or a position such as workspaces:184."


class Instant(NamedTuple):
    """``source`` None: whichever service is asked."""

    time: str | None
    source: str | None = None
    position: int | None = None


class When(fields.Field[Instant]):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Instant:
        text = str(value)
        if found := _POSITION.fullmatch(text):
            return _of_position(found[1], int(found[2]))
        try:
            return Instant(fields.AwareDateTime(format="iso").deserialize(text).isoformat())
        except (ValidationError, OverflowError, ArithmeticError):
            raise ValidationError(_HELP) from None


class Historical(Schema):
    at = When(
        metadata={
            "type": "string",
            "description": "as it was at this time (RFC 3339), or right after this event: an audit entry, by its id, or a position",
        }
    )


@dataclass(frozen=True)
class Past:
    moment: str | None = None
    source: str | None = None
    position: int | None = None

    def of(self, service: str) -> dict[str, Any]:
        """For a call: a position counts in one log only, so other services go by the time of its event."""
        if self.moment is None:
            return {}
        return {"at": {"time": self.moment, "position": self.position if service == self.source else None}}


def past(service: str, workspace_id: UUID, at: Instant | None) -> Past:
    """Nothing, for now. Raises for what is no moment of this workspace's. ``service``: whose position it is if nobody is named."""
    if at is None:
        return Past()
    source = at.source or service
    moment = at.time or ask(source, "moment", scope=str(workspace_id), at={"position": at.position})["time"]
    ask("workspaces", "check_existed", workspace_id=str(workspace_id), moment=moment)
    return Past(moment, source, at.position)


def _of_position(source: str | None, position: int) -> Instant:
    if source not in (None, *SOURCES):
        raise ValidationError(f"Only positions of {', '.join(SOURCES)}.")
    if position >= 2**63:
        raise ValidationError(_HELP)
    return Instant(None, source, position)
