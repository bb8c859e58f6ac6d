"""Configurations and secrets."""

from collections.abc import Callable

import requests

from tests.builders.vault import AWS
from tests.e2e.routes.catalogue import CHANGES, W, World, on
from tests.e2e.test_credentials import bearer

CLOUD = {"provider": "aws", "name": "training", "uses": ["compute"], **AWS}
ACCESS = {"bucket": "b", "key": "k", "secret": "s", "region": "eu-central-1"}
HOCON = {"format": "hocon", "content": "a = 1"}


@on(f"PUT {W}/vault")
def _(w: World) -> requests.Response:
    return w.ada.put(f"{w.workspace}/vault", HOCON)


@on(f"POST {W}/vault/rollback")
def _(w: World) -> requests.Response:
    w.ada.put(f"{w.workspace}/vault", HOCON | {"content": "a = 2"}, headers={"If-Match": "*"})
    return w.ada.post(f"{w.workspace}/vault/rollback", {"version": 1}, headers={"If-Match": "*"})


@on(f"POST {W}/vaults")
def _(w: World) -> requests.Response:
    return w.keep("vault", w.ada.post(f"{w.workspace}/vaults", HOCON | {"name": "Team", "group_ids": [w.made["group"]["id"]]}))


@on(f"PUT {W}/vaults/<uuid:vault_id>")
def _(w: World) -> requests.Response:
    return w.ada.put(w.path("vault"), {"content": "a = 2"}, headers={"If-Match": "*"})


@on(f"POST {W}/vaults/<uuid:vault_id>/rollback")
def _(w: World) -> requests.Response:
    return w.ada.post(f"{w.path('vault')}/rollback", {"version": 1}, headers={"If-Match": "*"})


@on(f"DELETE {W}/vaults/<uuid:vault_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(w.path("vault"), headers={"If-Match": "*"})


def _of_clouds(route: str, folder: Callable[[World], str]) -> None:
    """Own ones and those of a workspace."""
    one = f"{route}/<uuid:credential_id>"

    def path(w: World) -> str:
        return f"{folder(w)}/{w.made[route]['id']}"

    def opened(w: World) -> requests.Response:
        link = w.ada.post(f"{path(w)}/links", {"use": "compute"}).json()["link"]
        return w.ada.post(link.removeprefix(w.gatehouse.url))

    def used(w: World) -> requests.Response:
        return w.ada.post(f"{path(w)}/use", {"use": "compute"}, headers=bearer(w.secret_token("secrets")))

    on(f"POST {route}")(lambda w: w.keep(route, w.ada.post(folder(w), CLOUD)))
    on(f"PUT {one}")(lambda w: w.ada.put(path(w), CLOUD | {"name": "other"}))
    on(f"POST {one}/use")(used)
    on(f"POST {one}/links")(lambda w: w.ada.post(f"{path(w)}/links", {"use": "compute"}))
    CHANGES.setdefault("POST /v1/secret-links/<token:token>", opened)
    on(f"DELETE {one}")(lambda w: w.ada.delete(path(w)))


_of_clouds("/v1/account/cloud-credentials", lambda w: "/v1/account/cloud-credentials")
_of_clouds(f"{W}/cloud-credentials", lambda w: f"{w.workspace}/cloud-credentials")


@on("POST /v1/account/storage-access")
def _(w: World) -> requests.Response:
    return w.keep("access", w.ada.post("/v1/account/storage-access", ACCESS))


@on("PUT /v1/account/storage-access/<uuid:access_id>")
def _(w: World) -> requests.Response:
    return w.ada.put(f"/v1/account/storage-access/{w.made['access']['id']}", ACCESS | {"bucket": "c"})


@on("POST /v1/account/storage-access/<uuid:access_id>/use")
def _(w: World) -> requests.Response:
    return w.ada.post(f"/v1/account/storage-access/{w.made['access']['id']}/use")


@on("DELETE /v1/account/storage-access/<uuid:access_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"/v1/account/storage-access/{w.made['access']['id']}")
