"""Workspaces, members and invitations."""

import requests

from tests.e2e.routes.catalogue import W, World, on
from tests.e2e.workspaces import notices, token
from tests.servers import eventually


@on("POST /v1/workspaces")
def _(w: World) -> requests.Response:
    return w.keep("other", w.ada.post("/v1/workspaces", {"name": "other"}))


@on(f"PATCH {W}")
def _(w: World) -> requests.Response:
    return w.ada.call("PATCH", w.workspace, {"name": "Vision and more"})


@on(f"POST {W}/invitations")
def _(w: World) -> requests.Response:
    return w.keep("invitation", w.ada.post(f"{w.workspace}/invitations", {"email": w.bob.email, "role": "editor"}))


@on("PUT /v1/account/notices/<uuid:notice_id>/read")
def _(w: World) -> requests.Response:
    notice = eventually(lambda: notices(w.bob, "invitation"))[0]
    return w.bob.put(f"/v1/account/notices/{notice['id']}/read")


@on("POST /v1/invitations/<token:token>/decline")
def _(w: World) -> requests.Response:
    return w.bob.post(f"/v1/invitations/{token(w.made['invitation'])}/decline")


@on(f"DELETE {W}/invitations/<uuid:invitation_id>")
def _(w: World) -> requests.Response:
    again = w.ada.post(f"{w.workspace}/invitations", {"email": "somebody@example.org", "role": "editor"}).json()
    return w.ada.delete(f"{w.workspace}/invitations/{again['id']}")


@on("POST /v1/invitations/<token:token>/accept")
def _(w: World) -> requests.Response:
    w.keep("invitation", w.ada.post(f"{w.workspace}/invitations", {"email": w.bob.email, "role": "editor"}))
    return w.bob.post(f"/v1/invitations/{token(w.made['invitation'])}/accept")


@on(f"PATCH {W}/members/<uuid:account_id>")
def _(w: World) -> requests.Response:
    return w.ada.call("PATCH", f"{w.workspace}/members/{w.bob.account['id']}", {"role": "viewer"})
