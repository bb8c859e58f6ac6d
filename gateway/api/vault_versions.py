"""The versions of configuration vaults: listed, read, compared, and saved once more."""

from typing import Any
from uuid import UUID

from gateway.api import vault_schemas as schemas
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Paging, page
from gateway.api.vaults import named, own, told, write
from gateway.calls import ask, this_request
from gateway.etags import expected
from gateway.permissions import admin, member, requires

blp = Blueprint("vault_versions", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>", description="Versions of vaults")


@blp.get("/vault/versions")
@requires(member)
@blp.arguments(Paging, location="query")
@blp.response(200, page(schemas.Version))
def list_own_versions(paging: dict[str, Any], workspace_id: UUID) -> Any:
    """Newest first; every one is kept."""
    return _listed(own(workspace_id), paging)


@blp.get("/vault/versions/<int:version>")
@requires(member)
@blp.response(200, schemas.VersionText)
def get_own_versions(workspace_id: UUID, version: int) -> Any:
    return _read(own(workspace_id), version)


@blp.get("/vault/diff")
@requires(member)
@blp.arguments(schemas.Compared, location="query")
@blp.response(200, schemas.Difference)
def compare_own_versions(query: dict[str, Any], workspace_id: UUID) -> Any:
    return ask("vault", "compare_configuration_versions", **own(workspace_id), **query)


@blp.post("/vault/rollback")
@requires(member)
@blp.arguments(schemas.RollBack)
@blp.response(200, schemas.OwnVault)
def roll_back_own_versions(body: dict[str, Any], workspace_id: UUID) -> Any:
    """Saves the text of an earlier version as a new one. With If-Match, only if nobody else has changed it meanwhile."""
    return _rolled_back(own(workspace_id), body["version"])


@blp.get("/vaults/<uuid:vault_id>/versions")
@requires(admin)
@blp.arguments(Paging, location="query")
@blp.response(200, page(schemas.Version))
def list_versions(paging: dict[str, Any], workspace_id: UUID, vault_id: UUID) -> Any:
    """Newest first; every one is kept."""
    return _listed(named(workspace_id, vault_id), paging)


@blp.get("/vaults/<uuid:vault_id>/versions/<int:version>")
@requires(admin)
@blp.response(200, schemas.VersionText)
def get_versions(workspace_id: UUID, vault_id: UUID, version: int) -> Any:
    return _read(named(workspace_id, vault_id), version)


@blp.get("/vaults/<uuid:vault_id>/diff")
@requires(admin)
@blp.arguments(schemas.Compared, location="query")
@blp.response(200, schemas.Difference)
def compare_versions(query: dict[str, Any], workspace_id: UUID, vault_id: UUID) -> Any:
    return ask("vault", "compare_configuration_versions", **named(workspace_id, vault_id), **query)


@blp.post("/vaults/<uuid:vault_id>/rollback")
@requires(admin)
@blp.arguments(schemas.RollBack)
@blp.response(200, schemas.Vault)
def roll_back_versions(body: dict[str, Any], workspace_id: UUID, vault_id: UUID) -> Any:
    """Saves the text of an earlier version as a new one. With If-Match, only if nobody else has changed it meanwhile."""
    return _rolled_back(named(workspace_id, vault_id), body["version"])


def _listed(whose: dict[str, str], paging: dict[str, Any]) -> Any:
    found = ask("vault", "list_configuration_versions", **whose, **paging)
    return found | {"items": [_numbered(item) | {"summary": item["keys"] or []} for item in found["items"]]}


def _read(whose: dict[str, str], version: int) -> Any:
    return _numbered(ask("vault", "get_configuration_version", **whose, edition=version))


def _rolled_back(whose: dict[str, str], version: int) -> Any:
    write("roll_back_configuration", **whose, edition=version, revision=expected(this_request()))
    return told(ask("vault", "get_configuration", **whose))


def _numbered(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"version": found["edition"]}
