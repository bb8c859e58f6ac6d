"""What takes away what the others need: these come last."""

import requests

from tests.e2e.routes.catalogue import W, World, on
from tests.kit.people import PASSWORD


@on(f"DELETE {W}/groups/<uuid:group_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(w.path("group"))


@on(f"DELETE {W}/members/me")
def _(w: World) -> requests.Response:
    return w.bob.delete(f"{w.workspace}/members/me")


@on(f"DELETE {W}/members/<uuid:account_id>")
def _(w: World) -> requests.Response:
    w.ada.welcome(w.workspace, w.bob)
    return w.ada.delete(f"{w.workspace}/members/{w.bob.account['id']}")


@on(f"DELETE {W}")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"/v1/workspaces/{w.made['other']['id']}")


@on("DELETE /v1/sessions/<uuid:session_id>")
def _(w: World) -> requests.Response:
    held = w.bob.get("/v1/sessions").json()["items"]
    return w.bob.delete(f"/v1/sessions/{next(each['id'] for each in held if not each['current'])}")


@on("DELETE /v1/account")
def _(w: World) -> requests.Response:
    username = w.bob.get("/v1/account").json()["username"]
    return w.bob.delete("/v1/account", {"password": PASSWORD, "confirm": username})


@on("DELETE /v1/sessions/current")
def _(w: World) -> requests.Response:
    return w.ada.delete("/v1/sessions/current")
