"""Events of the Open Cybersecurity Schema Framework: entity management, except where the table knows a closer class."""

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.formats.text import ascii_json, member
from services.audit.formats.version import VERSION

SCHEMA = "1.5.0"

Entry = Mapping[str, Any]
Members = dict[str, Any]

_ACCOUNT, _AUTHENTICATION, _SESSION, _ENTITY, _ACCESS, _GROUP, _API = 3001, 3002, 3003, 3004, 3005, 3006, 6003
_OTHER = 99

# Class and activity by the type of event.
_CLASSES: dict[str, tuple[int, int]] = {
    "identity.account.registered": (_ACCOUNT, 1),
    "identity.account.erased": (_ACCOUNT, 6),
    "identity.account.operator_granted": (_ACCOUNT, 7),
    "identity.account.operator_revoked": (_ACCOUNT, 8),
    "identity.account.attempt_refused": (_ACCOUNT, _OTHER),
    "identity.account.picture_changed": (_ACCOUNT, _OTHER),
    "identity.account.preferences_changed": (_ACCOUNT, _OTHER),
    "identity.client_preferences.updated": (_ACCOUNT, _OTHER),
    "identity.account.primary_changed": (_ACCOUNT, _OTHER),
    "identity.account.profile_changed": (_ACCOUNT, _OTHER),
    "identity.email.added": (_ACCOUNT, _OTHER),
    "identity.email.removed": (_ACCOUNT, _OTHER),
    "identity.email.verification_renewed": (_ACCOUNT, _OTHER),
    "identity.email.verified": (_ACCOUNT, _OTHER),
    "identity.password.changed": (_ACCOUNT, 3),
    "identity.password.reset_requested": (_ACCOUNT, 4),
    "identity.session.started": (_AUTHENTICATION, 1),
    "identity.session.refused": (_AUTHENTICATION, 1),
    "identity.session.ended": (_AUTHENTICATION, 2),
    "identity.device_authorization.redeemed": (_AUTHENTICATION, 3),
    "identity.device_authorization.approved": (_SESSION, 1),
    "workspaces.member.joined": (_ACCESS, 1),
    "workspaces.member.role_changed": (_ACCESS, 1),
    "workspaces.member.term_set": (_ACCESS, _OTHER),
    "workspaces.member.left": (_ACCESS, 2),
    "workspaces.member.removed": (_ACCESS, 2),
    "authz.group.created": (_GROUP, 6),
    "authz.group.deleted": (_GROUP, 5),
    "authz.group.changed": (_GROUP, _OTHER),
    "authz.group.members_changed": (_GROUP, _OTHER),
    "authz.group.nesting_changed": (_GROUP, _OTHER),
    "audit.attempt.refused": (_API, _OTHER),
    "audit.journal.exported": (_API, 2),
    "audit.entries.exported": (_API, 2),
}
# Activities of entity management by what an event's name ends with.
_VERBS = {
    **dict.fromkeys(("created", "added", "invited"), 1),
    **dict.fromkeys(("opened", "used", "read"), 2),
    **dict.fromkeys(("changed", "renamed", "labelled", "regenerated", "rotated", "saved", "regrouped", "limit_set", "slug_changed"), 3),
    **dict.fromkeys(("deleted", "removed", "revoked", "withdrawn"), 4),
    "enabled": 8,
    "disabled": 9,
}
# Where the data says which.
_CHOSEN: dict[str, Callable[[Members], int]] = {
    "authz.group.members_changed": lambda changes: 3 if changes.get("added") else 4,
    "audit.sink.switched": lambda changes: 8 if changes.get("enabled") else 9,
}
_UNMAPPED = ("subject", "on_behalf_of", "operator", "user_agent", "causation_id", "claimed_request_id", "claimed_actor", "hash")
_FAILED = ("refused", "reopened", "denied", "declined")


def line(row: Entry) -> str:
    return ascii_json(event(row))


def event(row: Entry) -> Members:
    verb = row["type"].rpartition(".")[2]
    uid, activity = _CLASSES.get(row["type"]) or (_ENTITY, _VERBS.get(verb, _OTHER))
    activity = _CHOSEN[row["type"]](row["changes"]) if row["type"] in _CHOSEN else activity
    failed = verb.endswith(_FAILED)
    return {
        "category_uid": uid // 1000,
        "class_uid": uid,
        "activity_id": activity,
        "activity_name": verb,
        "type_uid": uid * 100 + activity,
        "time": int(row["time"].timestamp() * 1000),
        "severity_id": 2 if failed else 1,
        "status_id": 2 if failed else 1,
        "message": row["type"],
        "metadata": _metadata(row),
        "actor": _actor(row),
        **({"src_endpoint": {"ip": row["ip"]}} if row["ip"] else {}),
        **_OWN[uid](row),
        "unmapped": {name: member(row, name) for name in _UNMAPPED if row[name]} | {"changes": row["changes"]},
    }


def _metadata(row: Entry) -> Members:
    return {
        "version": SCHEMA,
        "product": {"name": "Gatehouse", "vendor_name": "Gatehouse", "version": VERSION},
        "uid": row["id"],
        "event_code": row["type"],
        "log_name": "audit",
        "log_provider": row["source"],
        "sequence": row["position"],
        "original_time": member(row, "time"),
    } | {key: str(value) for key, value in (("tenant_uid", row["workspace_id"]), ("correlation_uid", row["correlation_id"])) if value}


def _actor(row: Entry) -> Members:
    actor = row["actor"]
    if not actor or actor.startswith("system:"):
        return {"app_name": actor or "unknown"}
    return {"user": {"uid": actor} | ({"credential_uid": row["credential_id"]} if row["credential_id"] else {})}


def _user(row: Entry) -> Members:
    return {"user": {"uid": row["account_id"] or row["actor"] or row["subject"]}}


def _session(row: Entry) -> Members:
    return _user(row) | {"privileges": [str(each) for each in row["changes"].get("scopes") or ["all"]]}


def _authentication(row: Entry) -> Members:
    return _user(row) | {"service": {"name": "gatehouse"}}


def _entity(row: Entry) -> Members:
    return {"entity": {"uid": row["subject"], "type": row["type"].split(".")[-2]}}


def _access(row: Entry) -> Members:
    resource = {"uid": str(row["workspace_id"] or row["subject"]), "type": "workspace"}
    return _user(row) | {"privileges": [str(row["changes"].get("role") or "member")], "resources": [resource]}


def _group(row: Entry) -> Members:
    name = row["changes"].get("name")
    return {"group": {"uid": str(row["changes"].get("group_id") or row["subject"])} | ({"name": str(name)} if name else {})}


def _api(row: Entry) -> Members:
    source = {} if row["ip"] else {"src_endpoint": {"name": "unknown"}}
    code = row["changes"].get("code")
    response = {"response": {"error": str(code)}} if code else {}
    return source | {"api": {"operation": str(row["changes"].get("route") or row["type"])} | response}


_OWN: dict[int, Callable[[Entry], Members]] = {
    _ACCOUNT: _user,
    _AUTHENTICATION: _authentication,
    _SESSION: _session,
    _ENTITY: _entity,
    _ACCESS: _access,
    _GROUP: _group,
    _API: _api,
}
