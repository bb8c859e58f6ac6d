"""Workspaces, which this protocol calls companies."""

from gateway.clearml.actions import action
from gateway.clearml.call import Call, Data
from gateway.clearml.people import members, workspace


@action("organization.get_user_companies", since="2.12")
def get_user_companies(call: Call) -> Data:
    """Only the one of the key pair: a key of one workspace tells nothing of others."""
    owners = [{name: person[name] for name in ("id", "name", "avatar")} for person in members(call) if person["role"] == "admin"]
    return {"companies": [{**workspace(call), "allocated": True, "owners": owners}]}
