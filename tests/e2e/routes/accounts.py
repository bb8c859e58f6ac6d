"""Accounts, addresses and passwords."""

import requests

from gatehouse.demo_client import Outbox
from tests.e2e.routes.catalogue import World, form, on
from tests.e2e.test_accounts import drawn
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually

NEW = "another correct horse battery staple"


@on("POST /v1/accounts")
def _(w: World) -> requests.Response:
    w.made["eve"] = Person(w.gatehouse, "eve")
    return w.made["eve"].sign_up()


@on("POST /v1/email-verifications")
def _(w: World) -> requests.Response:
    return w.made["eve"].verify()


@on("POST /v1/sessions")
def _(w: World) -> requests.Response:
    return w.made["eve"].sign_in()


@on("POST /v1/account/emails")
def _(w: World) -> requests.Response:
    second = Person(w.gatehouse, "second").email
    w.made["second"] = second
    return w.keep("email", w.ada.post("/v1/account/emails", {"address": second}))


@on("POST /v1/account/emails/<uuid:email_id>/verification")
def _(w: World) -> requests.Response:
    return w.ada.post(f"/v1/account/emails/{w.made['email']['id']}/verification")


@on("POST /verify-email")
def _(w: World) -> requests.Response:
    def confirmed() -> requests.Response:
        link = Outbox(w.gatehouse.outbox).token(w.made["second"], "/verify-email?token=")
        return form(w.ada, "/verify-email", token=link, password=PASSWORD)

    # The first link was worthless from the moment that the second was asked for.
    return eventually(confirmed, every=0.5)


@on("PUT /v1/account/emails/<uuid:email_id>/primary")
def _(w: World) -> requests.Response:
    w.made["first"] = next(each["id"] for each in w.ada.get("/v1/account").json()["emails"] if each["primary"])
    return w.ada.put(f"/v1/account/emails/{w.made['email']['id']}/primary")


@on("DELETE /v1/account/emails/<uuid:email_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"/v1/account/emails/{w.made['first']}")


@on("PATCH /v1/account")
def _(w: World) -> requests.Response:
    return w.ada.call("PATCH", "/v1/account", {"first_name": "Augusta"})


@on("PUT /v1/account/picture")
def _(w: World) -> requests.Response:
    return w.ada.call("PUT", "/v1/account/picture", data=drawn(), headers={"Content-Type": "image/png"})


@on("DELETE /v1/account/picture")
def _(w: World) -> requests.Response:
    return w.ada.delete("/v1/account/picture")


@on("PATCH /v1/account/preferences")
def _(w: World) -> requests.Response:
    return w.ada.call("PATCH", "/v1/account/preferences", {"hide_examples": True})


@on("PUT /v1/sessions/current/workspace")
def _(w: World) -> requests.Response:
    return w.ada.put("/v1/sessions/current/workspace", {"workspace_id": w.workspace.rpartition("/")[2]})


@on("POST /v1/password-resets")
def _(w: World) -> requests.Response:
    return w.made["eve"].post("/v1/password-resets", {"email": w.made["eve"].email})


@on("PUT /v1/password-resets/<token:token>")
def _(w: World) -> requests.Response:
    return w.made["eve"].put(f"/v1/password-resets/{w.made['eve'].mailed('/reset-password?token=')}", {"new_password": NEW})


@on("POST /reset-password")
def _(w: World) -> requests.Response:
    return form(w.made["eve"], "/reset-password", email=w.made["eve"].email)


@on("PUT /v1/account/password")
def _(w: World) -> requests.Response:
    eve: Person = w.made["eve"]
    eve.token = eve.post("/v1/sessions", {"email": eve.email, "password": NEW, "token": True}).json()["session_token"]
    return eve.put("/v1/account/password", {"current_password": NEW, "new_password": PASSWORD})
