"""Configuration vaults as clients ask for them, once a session."""

import json
from typing import Any

from marshmallow import Schema, fields

from gateway.calls import ask
from gateway.clearml.actions import action
from gateway.clearml.call import Call, Data, Ready
from gateway.clearml.callers import membership
from gateway.groups import groups_of
from gateway.served import Answer


class Wanted(Schema):
    """Clients that are old send these as JSON, others as a query that repeats itself."""

    types = fields.Raw(load_default="config")


@action("users.get_vaults", Wanted, since="2.15")
def get_vaults(call: Call) -> Data | Ready:
    """Only what is enabled, lowest precedence first: clients apply whatever is here, in this order."""
    types = call.data["types"]
    if "config" not in (types if isinstance(types, list) else [types]):
        return {"vaults": []}
    whose = {"workspace_id": call.workspace_id, "account_id": call.who.account_id}
    groups, admin = groups_of(**whose), membership(call) == "admin"
    served, key = call.request.gateway.served, (*whose.values(), admin, tuple(groups.items()))
    kept = served.get(key)
    found = ask("vault", "served_configurations", **whose, group_ids=[*groups], known=kept.stamp if kept else None)
    if kept is None or found["items"] is not None:
        vaults = [_shown(item, groups, admin) for item in found["items"]]
        kept = served[key] = Answer(found["stamp"], json.dumps({"vaults": vaults}))
    return Ready(kept.text)


def _shown(item: dict[str, Any], groups: dict[str, str], admin: bool) -> Data:
    group = next((id for id in item["group_ids"] if id in groups), None)
    return {
        "id": item["id"],
        "scope": "user" if item["account_id"] else "group",
        "group": group,
        "group_name": groups.get(group or ""),
        "user": item["account_id"],
        "type": "config",
        # Whatever it was written in: clients read everything as HOCON.
        "format": "json",
        "enabled": True,
        "description": item["name"] or "Personal vault",
        "data": item["data"],
        "last_update": item["updated_at"],
        "editable": bool(item["account_id"]) or admin,
    }
