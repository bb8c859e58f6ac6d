"""The caller's own account, and who else is in the workspace."""

from marshmallow import Schema, fields

from gateway.calls import ask, tell
from gateway.clearml import refusals
from gateway.clearml.actions import action
from gateway.clearml.call import Call, Data
from gateway.clearml.listing import Listing, chosen
from gateway.clearml.people import members, own
from gateway.clearml.refusals import Refusal
from services.chassis.errors import InvalidInput
from services.chassis.fields import Text


class OfUser(Schema):
    user = Text(required=True, longest=100)


class Preferences(Schema):
    preferences = fields.Dict(keys=fields.String(), required=True)
    return_updated = fields.Boolean(load_default=False)


@action("users.get_current_user")
def get_current_user(call: Call) -> Data:
    return {"user": own(call) | {"preferences": _preferences(call)}, "settings": {"max_download_items": 1000}, "getting_started": {}}


@action("users.get_by_id", OfUser)
def get_by_id(call: Call) -> Data:
    for person in members(call):
        if person["id"] == call.data["user"]:
            return {"user": person}
    raise Refusal(refusals.Kind(400, 301), "Invalid user id")


@action("users.get_all", Listing)
@action("users.get_all_ex", Listing)
def get_all(call: Call) -> Data:
    return {"users": chosen(members(call), call.data)}


@action("users.get_preferences")
def get_preferences(call: Call) -> Data:
    return {"preferences": _preferences(call)}


@action("users.set_preferences", Preferences)
def set_preferences(call: Call) -> Data:
    try:
        kept = tell("identity", "change_client_preferences", account_id=call.who.account_id, changes=call.data["preferences"])
    except InvalidInput as error:
        raise Refusal(refusals.Kind(400, 305), error.detail or "Bad preferences update") from None
    shown = {"fields": {"preferences": kept["preferences"]}} if call.data["return_updated"] else {"fields": {}}
    return {"updated": int(kept["changed"]), **shown}


def _preferences(call: Call) -> Data:
    found: Data = ask("identity", "client_preferences", account_id=call.who.account_id)["preferences"]
    return found
