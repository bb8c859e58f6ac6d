"""Cloud credentials of the caller and of a workspace, and how programs are handed what they say."""

from typing import Any
from uuid import UUID

from gateway.api import cloud_schemas as schemas
from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Nothing, Paging, page
from gateway.calls import ask, gateway, principal, tell, tell_secret
from gateway.permissions import admin, editor, handed_over, in_session, public, requires, role, signed_in
from services.chassis.scopes import SECRETS

blp = Blueprint("cloud_credentials", __name__, url_prefix="/v1", description="Cloud credentials")
OWN, OURS = "/account/cloud-credentials", "/workspaces/<uuid:workspace_id>/cloud-credentials"
ONE = "/<uuid:credential_id>"


@blp.get("/cloud-permissions/<any(aws,gcp):provider>")
@requires(signed_in)
@blp.response(200, schemas.NeededPermissions)
def needed_permissions(provider: str) -> Any:
    """What a credential of this provider needs for running experiments."""
    return ask("vault", "needed_permissions", provider=provider)


@blp.get(OWN)
@requires(signed_in)
@blp.arguments(Paging, location="query")
@blp.response(200, page(schemas.CloudCredential))
def list_own(paging: dict[str, Any]) -> Any:
    return _list(_own(), paging)


@blp.get(OURS)
@requires(editor)
@blp.arguments(Paging, location="query")
@blp.response(200, page(schemas.CloudCredential))
def list_ours(paging: dict[str, Any], workspace_id: UUID) -> Any:
    return _list(_ours(workspace_id), paging)


@blp.post(OWN)
@requires(signed_in)
@blp.arguments(schemas.NewCloudCredential)
@blp.response(201, schemas.CloudCredential)
def add_own(body: dict[str, Any]) -> Any:
    made = _add(_own(), body)
    return made, {"Location": f"/v1{OWN}/{made['id']}"}


@blp.post(OURS)
@requires(admin)
@blp.arguments(schemas.NewCloudCredential)
@blp.response(201, schemas.CloudCredential)
def add_ours(body: dict[str, Any], workspace_id: UUID) -> Any:
    made = _add(_ours(workspace_id), body)
    return made, {"Location": f"/v1/workspaces/{workspace_id}/cloud-credentials/{made['id']}"}


@blp.get(OWN + ONE)
@requires(signed_in)
@blp.response(200, schemas.CloudCredential)
def get_own(credential_id: UUID) -> Any:
    return _flat(ask("vault", "get_cloud_credential", credential_id=str(credential_id), **_own()))


@blp.get(OURS + ONE)
@requires(editor)
@blp.response(200, schemas.CloudCredential)
def get_ours(workspace_id: UUID, credential_id: UUID) -> Any:
    return _flat(ask("vault", "get_cloud_credential", credential_id=str(credential_id), **_ours(workspace_id)))


@blp.put(OWN + ONE)
@requires(signed_in)
@blp.arguments(schemas.NewCloudCredential)
@blp.response(200, schemas.CloudCredential)
def change_own(body: dict[str, Any], credential_id: UUID) -> Any:
    """Secrets that are left out, or sent back masked, stay as they are."""
    return _change(_own(), credential_id, body)


@blp.put(OURS + ONE)
@requires(admin)
@blp.arguments(schemas.NewCloudCredential)
@blp.response(200, schemas.CloudCredential)
def change_ours(body: dict[str, Any], workspace_id: UUID, credential_id: UUID) -> Any:
    """Secrets that are left out, or sent back masked, stay as they are."""
    return _change(_ours(workspace_id), credential_id, body)


@blp.delete(OWN + ONE)
@requires(signed_in)
@blp.response(204)
def delete_own(credential_id: UUID) -> None:
    tell("vault", "delete_cloud_credential", credential_id=str(credential_id), **_own())


@blp.delete(OURS + ONE)
@requires(admin)
@blp.response(204)
def delete_ours(workspace_id: UUID, credential_id: UUID) -> None:
    tell("vault", "delete_cloud_credential", credential_id=str(credential_id), **_ours(workspace_id))


@blp.post(OWN + ONE + "/check")
@requires(signed_in)
@blp.arguments(schemas.CloudCheck, required=False)
@blp.response(200, schemas.CloudChecked)
def check_own(body: dict[str, Any], credential_id: UUID) -> Any:
    """Which permissions it lacks for running experiments: asks the cloud, or judges the policy document that is sent."""
    return _check(_own(), credential_id, body)


@blp.post(OURS + ONE + "/check")
@requires(admin)
@blp.arguments(schemas.CloudCheck, required=False)
@blp.response(200, schemas.CloudChecked)
def check_ours(body: dict[str, Any], workspace_id: UUID, credential_id: UUID) -> Any:
    """Which permissions it lacks for running experiments: asks the cloud, or judges the policy document that is sent."""
    return _check(_ours(workspace_id), credential_id, body)


@blp.post(OWN + ONE + "/use")
@requires(handed_over)
@blp.arguments(schemas.SecretUse)
@blp.response(200, schemas.GivenCredential)
def use_own(body: dict[str, Any], credential_id: UUID) -> Any:
    """Hands over what it says, secrets too, and puts on record that it did."""
    return tell_secret("vault", "use_cloud_credential", credential_id=str(credential_id), **_own(), **body)


@blp.post(OURS + ONE + "/use")
@requires(role("editor", SECRETS, program=True))
@blp.arguments(schemas.SecretUse)
@blp.response(200, schemas.GivenCredential)
def use_ours(body: dict[str, Any], workspace_id: UUID, credential_id: UUID) -> Any:
    """Hands over what it says, secrets too, and puts on record that it did."""
    return tell_secret("vault", "use_cloud_credential", credential_id=str(credential_id), **_ours(workspace_id), **body)


@blp.post(OWN + ONE + "/links")
@requires(in_session)
@blp.arguments(schemas.NewSecretLink)
@blp.response(201, schemas.SecretLink)
def make_own_link(body: dict[str, Any], credential_id: UUID) -> Any:
    """Makes a link that hands it over once, to whoever has the link."""
    return _make_link(_own(), credential_id, body)


@blp.post(OURS + ONE + "/links")
@requires(role("admin", session=True))
@blp.arguments(schemas.NewSecretLink)
@blp.response(201, schemas.SecretLink)
def make_link_of_ours(body: dict[str, Any], workspace_id: UUID, credential_id: UUID) -> Any:
    """Makes a link that hands it over once, to whoever has the link."""
    return _make_link(_ours(workspace_id), credential_id, body)


@blp.post("/secret-links/<token:token>")
@requires(public)
@blp.arguments(Nothing, required=False)
@blp.response(200, schemas.GivenCredential)
def open_link(_body: dict[str, Any], token: str) -> Any:
    """Works once, and by POST only, so that a preview of the link does not use it up. The second time is refused; its maker is told."""
    return tell_secret("vault", "open_secret_link", token=token)


def _own() -> dict[str, str]:
    return {"owner_id": principal().account_id}


def _ours(workspace_id: UUID) -> dict[str, str]:
    return {"workspace_id": str(workspace_id)}


def _list(whose: dict[str, str], paging: dict[str, Any]) -> Any:
    found = ask("vault", "list_cloud_credentials", **whose, **paging)
    return found | {"items": [_flat(item) for item in found["items"]]}


def _add(whose: dict[str, str], body: dict[str, Any]) -> Any:
    return _flat(tell("vault", "add_cloud_credential", account_id=principal().account_id, **whose, **_parted(body)))


def _change(whose: dict[str, str], credential_id: UUID, body: dict[str, Any]) -> Any:
    return _flat(tell("vault", "change_cloud_credential", credential_id=str(credential_id), **whose, **_parted(body)))


def _check(whose: dict[str, str], credential_id: UUID, body: dict[str, Any]) -> Any:
    asked = {"credential_id": str(credential_id), "account_id": principal().account_id}
    return tell_secret("vault", "check_cloud_credential", **asked, **whose, **body)


def _make_link(whose: dict[str, str], credential_id: UUID, body: dict[str, Any]) -> Any:
    asked = {"credential_id": str(credential_id), "account_id": principal().account_id}
    made = tell_secret("vault", "make_secret_link", **asked, **whose, **body)
    return made | {"link": f"{gateway().settings.url}/v1/secret-links/{made['token']}"}


def _parted(body: dict[str, Any]) -> dict[str, Any]:
    """What every credential has, and under ``values`` what depends on the provider."""
    said = {name: body.pop(name) for name in ("provider", "name", "uses")}
    return {**said, "values": body}


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    return {**(item["shown"] or {}), **item}
