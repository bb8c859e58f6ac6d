"""What administrators of a workspace ask, and what nobody may do who comes with no more than a key pair."""

from gateway.calls import ask
from gateway.clearml import refusals
from gateway.clearml.actions import action
from gateway.clearml.auth import OfKey
from gateway.clearml.call import Call, Data
from gateway.clearml.people import members
from gateway.clearml.refusals import Refusal


@action("auth.locate_credentials", OfKey, admin=True)
def locate_credentials(call: Call) -> Data:
    """Whose a key pair of this workspace is; of others nothing is known here."""
    pair = _pair(call)
    name = next((person["name"] for person in members(call) if person["id"] == pair["created_by"]), None)
    return {
        "user": pair["created_by"],
        "name": name,
        "label": pair["label"] or "",
        "expire": pair["expires_at"],
        "last_used": pair["last_used_at"],
        "last_used_from": pair["last_used_ip"],
    }


def _pair(call: Call) -> Data:
    asked, cursor = {"workspace_id": call.workspace_id, "account_id": call.who.account_id, "everybody": True}, None
    while True:
        page = ask("identity", "list_key_pairs", **asked, limit=200, cursor=cursor)
        for pair in page["items"]:
            if pair["access_key"] == call.data["access_key"]:
                return dict(pair)
        if (cursor := page["next_cursor"]) is None:
            raise Refusal(refusals.UNKNOWN_KEY, "Invalid or non-existing access key")


def _refuse(call: Call) -> Data:
    """A key pair works for a workspace, never on accounts or the server: people look after those, signed in."""
    raise Refusal(refusals.ROLE, "A key pair may not do this")


for _name in (
    "auth.create_service_user",
    "auth.create_user",
    "auth.edit_user",
    "auth.get_token_for_user",
    "server.config",
    "server.get_stats",
    "users.create",
    "users.delete",
    "users.set_role",
    "users.update",
    "users.update_service_user",
):
    action(_name)(_refuse)
