"""Logging in, and the caller's own key pairs."""

import time
from typing import Any

from marshmallow import Schema, fields, pre_load, validate

from gateway.access import Principal
from gateway.calls import ask, tell, tell_secret
from gateway.clearml import refusals
from gateway.clearml.actions import action
from gateway.clearml.call import NEWEST, Call, Data
from gateway.clearml.callers import ROLES, membership
from gateway.clearml.people import own, workspace
from gateway.clearml.refusals import Refusal
from gateway.credentials import authenticate
from gateway.roles import role_of
from gateway.shown import JWT, Shown
from services.chassis.errors import InvalidInput, NotFound, PermissionDenied, Unauthenticated
from services.chassis.fields import Secret, Text

# The server whose protocol this is: clients compare it as numbers and show it.
SERVER = "2.3.0"
# Seconds; more is as good as this much, which is far beyond any limit that is set.
LONGEST = 10**9


class Lifetime(Schema):
    expiration_sec = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1))


class OfToken(Schema):
    token = Secret(required=True, longest=8_000)


class NewKeys(Lifetime):
    label = Text(load_default="", allow_none=True, longest=100)


class OfKey(Schema):
    access_key = Text(required=True, longest=100)

    @pre_load
    def _either(self, data: Data, **_: Any) -> Data:
        """Some call it key_id."""
        return {"access_key": data["key_id"], **data} if "key_id" in data else data


class NewLabel(OfKey):
    label = Text(required=True, longest=100)


@action("auth.login", Lifetime)
def login(call: Call) -> Data:
    wish = call.data["expiration_sec"]
    issued = tell_secret(
        "identity",
        "issue_jwt",
        account_id=call.who.account_id,
        credential_id=call.who.credential_id,
        workspace_id=call.workspace_id,
        expires_in=min(wish, LONGEST) if wish else None,
        claims=_claims(call),
    )
    return {"token": issued["token"]}


def _claims(call: Call) -> Data:
    """Clients read these from the token they are given, and never verify it."""
    user, company = own(call), workspace(call)
    identity = {
        "user": call.who.account_id,
        "company": company["id"],
        "role": ROLES[membership(call) or "viewer"],
        "user_name": user["name"],
        "company_name": company["name"],
    }
    known = {"api_version": NEWEST, "server_version": SERVER, "feature_set": "advanced", "auth_type": "bearer"}
    # Agents log in anew for a task whose company is not the tenant.
    return known | {"identity": identity, "tenant": company["id"]}


@action("auth.create_credentials", NewKeys)
def create_credentials(call: Call) -> Data:
    wish = call.data["expiration_sec"]
    expires_at = {"expires_at": _moment(time.time() + min(wish, LONGEST))} if wish else {}
    made = tell_secret("identity", "create_key_pair", **_whose(call), label=call.data["label"] or "", **expires_at)
    return {"credentials": _shown(made) | {"secret_key": made["secret_key"]}}


@action("auth.get_credentials")
def get_credentials(call: Call) -> Data:
    items, cursor = [], None
    while True:
        page = ask("identity", "list_key_pairs", **_whose(call), limit=200, cursor=cursor)
        items += [_shown(pair) for pair in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            return {"credentials": items, "additional_credentials": []}


@action("auth.edit_credentials", NewLabel, since="2.19")
def edit_credentials(call: Call) -> Data:
    try:
        tell("identity", "label_key_pair", **_whose(call), **call.data)
    except (NotFound, PermissionDenied, InvalidInput):
        raise Refusal(refusals.UNKNOWN_KEY, "Invalid or non-existing access key") from None
    return {"updated": 1}


@action("auth.revoke_credentials", OfKey)
def revoke_credentials(call: Call) -> Data:
    """Everything that was minted from the pair is refused from the moment this answers."""
    try:
        ended = tell("identity", "revoke_key_pair", **_whose(call), access_key=call.data["access_key"])
    except (NotFound, PermissionDenied, InvalidInput):
        raise Refusal(refusals.INVALID_USER, "Invalid user (no such access key)") from None
    call.request.gateway.access.drops.drop(ended["id"])
    return {"revoked": 1}


@action("auth.validate_token", OfToken)
def validate_token(call: Call) -> Data:
    """Of tokens of the caller's own workspace; others are as good as none."""
    try:
        who = authenticate(call.request, Shown(JWT, call.data["token"]))
    except Unauthenticated:
        who = None
    finally:
        call.request.principal = call.principal
    if who is None or who.workspace_ids != call.who.workspace_ids:
        return {"valid": False, "msg": "invalid or revoked token"}
    role = ROLES[role_of(call.request, call.workspace_id, who.account_id) or "viewer"]
    return {"valid": True, "user": who.account_id, "company": call.workspace_id, "tenant": call.workspace_id, "role": role}


@action("auth.logout", since="2.2")
def logout(call: Call) -> Data:
    """Ends the token it is called with, and no other; a key pair that is shown itself has nothing to log out from."""
    if (who := call.who).jwt_id:
        with call.request.gateway.access.dropping(who.jwt_id):
            tell("identity", "revoke_jwt", **_of_jwt(who))
    return {}


@action("auth.fixed_users_mode", open=True)
def fixed_users_mode(call: Call) -> Data:
    return {"enabled": False, "guest": {"enabled": False}, "server_errors": {}}


def _whose(call: Call) -> Data:
    return {"account_id": call.who.account_id, "workspace_id": call.workspace_id}


def _of_jwt(who: Principal) -> Data:
    ids = {"account_id": who.account_id, "credential_id": who.credential_id, "jwt_id": who.jwt_id}
    return ids | {"expires_at": _moment(who.expires_at)}


def _shown(pair: Data) -> Data:
    return {
        "access_key": pair["access_key"],
        "label": pair["label"] or "",
        "created": pair["created_at"],
        "expire": pair["expires_at"],
        "last_used": pair["last_used_at"],
        "last_used_from": pair["last_used_ip"],
    }


def _moment(timestamp: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(timestamp))
