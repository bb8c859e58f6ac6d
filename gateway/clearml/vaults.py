"""Configuration vaults as clients ask for them, once a session."""

import json
from typing import Any

from marshmallow import Schema, fields

from gateway.access import Scopes, decisions_scope, member_scopes, vaults_scope
from gateway.calls import ask, client_ip
from gateway.clearml.actions import action
from gateway.clearml.call import Call, Data, Ready
from gateway.clearml.callers import membership
from gateway.groups import groups_of


class Wanted(Schema):
    """Clients that are old send these as JSON, others as a query that repeats itself."""

    types = fields.Raw(load_default="config")


class Served(Ready):
    """``texts``: which versions of which vaults it holds."""

    texts: tuple[tuple[str, int], ...]


@action("users.get_vaults", Wanted, since="2.15")
def get_vaults(call: Call) -> Data | Ready:
    """Only what is enabled, lowest precedence first: clients apply whatever is here, in this order."""
    types, role = call.data["types"], membership(call)
    if role is None or "config" not in (types if isinstance(types, list) else [types]):
        return {"vaults": []}
    access, key = call.request.gateway.access, (call.workspace_id, call.who.account_id, role)
    served = access.through(access.vaults, key, lambda: _written(call, role), lambda _: _scopes(call))
    _note(call, served)
    return served


def _note(call: Call, served: Served) -> None:
    """Whoever has it from this gateway's memory is on record as well as who made it look."""
    req, who = call.request, call.who
    origin = client_ip(req.environ, req.gateway.settings.trusted_proxies)
    if served.texts:
        reading = (call.workspace_id, who.account_id, who.credential_id, origin, served.texts)
        req.gateway.readings.note(reading, lambda: _tell(call, served))


def _tell(call: Call, served: Served) -> None:
    texts = [{"configuration_id": id, "version": version} for id, version in served.texts]
    ask("vault", "note_served_configurations", workspace_id=call.workspace_id, account_id=call.who.account_id, texts=texts)


def _scopes(call: Call) -> Scopes:
    """Everything they depend on: membership, groups, the vaults themselves."""
    workspace_id = call.workspace_id
    return (*member_scopes(workspace_id, call.who.account_id), decisions_scope(workspace_id), vaults_scope(workspace_id))


def _written(call: Call, role: str) -> Served:
    whose = {"workspace_id": call.workspace_id, "account_id": call.who.account_id}
    groups = groups_of(**whose)
    found = ask("vault", "served_configurations", **whose, group_ids=[*groups])
    served = Served(json.dumps({"vaults": [_shown(item, groups, role) for item in found["items"]]}).encode())
    served.texts = tuple((item["id"], item["edition"]) for item in found["items"])
    return served


def _shown(item: dict[str, Any], groups: dict[str, str], role: str) -> Data:
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
        "editable": bool(item["account_id"]) or role == "admin",
    }
