"""Base of every service's nameko class: what others may ask any of them."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.chassis.application import Application
from services.chassis.history import Moment
from services.chassis.publiclog import MAX_PAGE, PublicLog
from services.chassis.rpc import rpc


class _EventsAfter(Schema):
    position = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))
    limit = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=MAX_PAGE))


class Service:
    """Subclasses declare ``name`` and ``app = EventSourced(…)``."""

    app: Application
    clock: Any

    @rpc
    def moment(self, payload: dict[str, Any]) -> dict[str, Any]:
        """When the last event of this scope happened, up to a position of the log."""
        return {"time": self.app.moment(**Moment().load(payload), now=self.clock()).isoformat()}

    @rpc
    def events_after(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The public events beyond a position that was a public event's, or 0: for consumers that missed some."""
        asked = _EventsAfter().load(payload)
        return {"events": [event.to_wire() for event in PublicLog(self.app).after(**asked)]}
