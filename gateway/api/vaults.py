"""Configuration vaults: one's own, and those that administrators keep for groups."""

from typing import Any
from uuid import UUID

from flask import Response

from gateway.access import vaults_scope
from gateway.api import vault_schemas as schemas
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Paging, page
from gateway.calls import ask, gateway, principal, tell, this_request
from gateway.etags import expected, tag
from gateway.groups import check_groups, groups_of
from gateway.past import past
from gateway.permissions import admin, member, requires
from gateway.roles import role_of
from services.chassis.errors import NotFound, PermissionDenied

blp = Blueprint("vaults", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>", description="Configuration that clients merge")

# Of a vault that nobody has saved: the only one that is changed without an If-Match.
UNSAVED = 1
SUFFIXES = {"hocon": "conf", "json": "json", "yaml": "yaml"}


@blp.get("/vault")
@requires(member)
@blp.response(200, schemas.OwnVault)
def get_own(workspace_id: UUID) -> Any:
    return told(ask("vault", "get_configuration", **own(workspace_id)))


@blp.put("/vault")
@requires(member)
@blp.arguments(schemas.OwnVaultChange)
@blp.response(200, schemas.OwnVault)
def change_own(body: dict[str, Any], workspace_id: UUID) -> Any:
    """What is not named stays. Needs the ETag that was read as If-Match, or * to overwrite whatever is there."""
    return told(write("change_configuration", **own(workspace_id), **body, revision=_revision()))


@blp.get("/vaults")
@requires(admin)
@blp.arguments(Paging, location="query")
@blp.response(200, page(schemas.ListedVault))
def list_vaults(paging: dict[str, Any], workspace_id: UUID) -> Any:
    """Without their texts."""
    found = ask("vault", "list_configurations", workspace_id=str(workspace_id), **paging)
    return found | {"items": [renamed(item) for item in found["items"]]}


@blp.post("/vaults")
@requires(admin)
@blp.arguments(schemas.NewVault)
@blp.response(201, schemas.Vault)
def create_vault(body: dict[str, Any], workspace_id: UUID) -> Any:
    check_groups(str(workspace_id), body["group_ids"])
    made = write("create_configuration", workspace_id=str(workspace_id), **body)
    vault, headers = told(ask("vault", "get_configuration", **named(workspace_id, made["id"])))
    return vault, headers | {"Location": f"/v1/workspaces/{workspace_id}/vaults/{made['id']}"}


@blp.get("/vaults/<uuid:vault_id>")
@requires(admin)
@blp.response(200, schemas.Vault)
def get_vault(workspace_id: UUID, vault_id: UUID) -> Any:
    return told(ask("vault", "get_configuration", **named(workspace_id, vault_id)))


@blp.put("/vaults/<uuid:vault_id>")
@requires(admin)
@blp.arguments(schemas.VaultChange)
@blp.response(200, schemas.Vault)
def change_vault(body: dict[str, Any], workspace_id: UUID, vault_id: UUID) -> Any:
    """What is not named stays. Needs the ETag that was read as If-Match, or * to overwrite whatever is there."""
    check_groups(str(workspace_id), body.get("group_ids", []))
    return told(write("change_configuration", **named(workspace_id, vault_id), **body, revision=_revision()))


@blp.delete("/vaults/<uuid:vault_id>")
@requires(admin)
@blp.response(204)
def delete_vault(workspace_id: UUID, vault_id: UUID) -> None:
    """With every version. With If-Match, only if nobody else has changed it meanwhile."""
    write("delete_configuration", **named(workspace_id, vault_id), revision=expected(this_request()))


@blp.get("/vault/download")
@requires(member)
@blp.response(200, content_type="text/plain", description="The text as it was saved")
def download_own(workspace_id: UUID) -> Response:
    return _download(own(workspace_id))


@blp.get("/vaults/<uuid:vault_id>/download")
@requires(admin)
@blp.response(200, content_type="text/plain", description="The text as it was saved")
def download(workspace_id: UUID, vault_id: UUID) -> Response:
    return _download(named(workspace_id, vault_id))


@blp.get("/effective-configuration")
@requires(member)
@blp.arguments(schemas.EffectiveQuery, location="query")
@blp.response(200, schemas.Effective)
def effective_configuration(query: dict[str, Any], workspace_id: UUID) -> Any:
    """What clients of somebody hold of the vaults, and which vault gave it."""
    when = past("vault", workspace_id, query.get("at"))
    account_id = _subject(str(workspace_id), query.get("user"), past=bool(when.moment))
    whose = {"workspace_id": str(workspace_id), "account_id": account_id}
    groups = groups_of(**whose, **when.of("authz"))
    found = ask("vault", "effective_configuration", **whose, group_ids=[*groups], **when.of("vault"))
    return found | {"vaults": [renamed(item) | {"scope": "user" if item["account_id"] else "group"} for item in found["vaults"]]}


def own(workspace_id: UUID) -> dict[str, str]:
    return {"workspace_id": str(workspace_id), "account_id": principal().account_id}


def named(workspace_id: UUID, vault_id: UUID | str) -> dict[str, str]:
    return {"workspace_id": str(workspace_id), "configuration_id": str(vault_id)}


def write(method: str, workspace_id: str, **command: Any) -> dict[str, Any]:
    """Clients that ask here get the outcome from the moment this answers."""
    with gateway().access.dropping(vaults_scope(workspace_id)):
        return tell("vault", method, workspace_id=workspace_id, **command)


def _revision() -> int | None:
    req = this_request()
    return expected(req) if "If-Match" in req.headers else UNSAVED


def told(found: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    return renamed(found), {"ETag": tag(found["revision"])}


def renamed(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"version": found["edition"], "summary": found.get("keys") or []}


def _download(whose: dict[str, str]) -> Response:
    found = ask("vault", "get_configuration", **whose, use="download")
    response = Response(found["content"], content_type="text/plain; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"vault.{SUFFIXES[found['format']]}")
    response.headers["ETag"] = tag(found["revision"])
    return response


def _subject(workspace_id: str, asked: str | None, *, past: bool) -> str:
    """``past``: about somebody who need not be a member any more."""
    req, own = this_request(), principal().account_id
    if asked in (None, own):
        return own
    if role_of(req, workspace_id, own) != "admin":
        raise PermissionDenied("role_insufficient", "Asking about somebody else needs the role admin.")
    if not past and role_of(req, workspace_id, str(asked)) is None:
        raise NotFound("member_not_found", "no such member in this workspace")
    return str(asked)
