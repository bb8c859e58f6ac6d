"""Identity's entrypoints about what client programs keep for their person."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.chassis.rpc import rpc
from services.chassis.schemas import made
from services.identity.application import Identity

Payload = dict[str, Any]

_PATH = validate.Regexp(r"[^.\x00-\x1f]{1,100}(\.[^.\x00-\x1f]{1,100}){0,9}\Z")


class OfAccount(Schema):
    account_id = fields.UUID(required=True)


class Changes(OfAccount):
    changes = fields.Dict(keys=fields.String(validate=_PATH), required=True, validate=validate.Length(max=200))


class ClientPreferenceCalls:
    app: Identity

    @rpc
    def client_preferences(self, payload: Payload) -> Payload:
        return {"preferences": self.app.client_preferences(**made(OfAccount).load(payload))}

    @rpc
    def change_client_preferences(self, payload: Payload) -> Payload:
        changed, preferences = self.app.change_client_preferences(**made(Changes).load(payload))
        return {"changed": changed, "preferences": preferences}
