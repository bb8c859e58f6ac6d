"""One request for every route that changes something, in this order, since some need what others made: an auditor has to find them all."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import requests

from gatehouse.demo_client import Outbox
from tests.builders.vault import AWS
from tests.e2e.test_accounts import drawn
from tests.e2e.test_clearml import sdk
from tests.e2e.test_credentials import bearer
from tests.e2e.workspaces import notices, token
from tests.kit.installations import Installation
from tests.kit.people import PASSWORD, Person
from tests.servers import eventually

W = "/v1/workspaces/<uuid:workspace_id>"
NEW = "another correct horse battery staple"
SHA = "ab" * 20
REF = f"refs/exps/ab/{'ab' * 19}/exp"
CLOUD = {"provider": "aws", "name": "training", "uses": ["compute"], **AWS}
ACCESS = {"bucket": "b", "key": "k", "secret": "s", "region": "eu-central-1"}
HOCON = {"format": "hocon", "content": "a = 1"}

# They ask, or let another server ask; nothing is otherwise afterwards.
ASKS = {
    f"POST {W}/check",
    f"POST {W}/check:batch",
    # With a policy nothing is opened; asking the cloud is a use of the secret, which the vault's own tests look for.
    "POST /v1/account/cloud-credentials/<uuid:credential_id>/check",
    f"POST {W}/cloud-credentials/<uuid:credential_id>/check",
    *(f"{method} /v1/verify{rest}" for method in ("POST", "PUT", "PATCH", "DELETE") for rest in ("", "/<rest:rest>")),
    # Refused whatever it asks for.
    *(f"{method} /clearml{rest}" for method in ("PATCH", "DELETE") for rest in ("", "/<rest:path>")),
    *("POST /clearml", "PUT /clearml"),
}

# Those that need a payment provider: the tests of payments look for their entries.
PAYING = {f"PUT {W}/payment-method", "POST /v1/billing/webhooks/stripe"}

Request = Callable[["World"], requests.Response]
CHANGES: dict[str, Request] = {}


class World:
    """Who takes part, and what requests have made: by name, for those that come later."""

    def __init__(self, gatehouse: Installation, operator: Person) -> None:
        self.gatehouse, self.operator = gatehouse, operator
        self.ada, self.bob = (Person(gatehouse, name).arrived() for name in ("ada", "bob"))
        self.workspace = self.ada.workspace()
        self.made: dict[str, Any] = {}

    def keep(self, name: str, answer: requests.Response) -> requests.Response:
        assert answer.ok, f"{name}: {answer.status_code} {answer.text}"
        self.made[name] = answer.json() if answer.content else {}
        return answer

    def path(self, name: str, folder: str = "") -> str:
        return f"{self.workspace}/{folder or name + 's'}/{self.made[name]['id']}"

    def secret_token(self, *scopes: str) -> str:
        answer = self.ada.post("/v1/account/tokens", {"name": "ci", "scopes": list(scopes)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])


def on(*routes: str) -> Callable[[Request], Request]:
    def note(request: Request) -> Request:
        CHANGES.update(dict.fromkeys(routes, request))
        return request

    return note


def form(person: Person, path: str, **fields: str) -> requests.Response:
    return person.call("POST", path, data=fields, allow_redirects=False)


# Accounts, addresses and passwords


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


# Workspaces, members and invitations


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


# Access


@on(f"POST {W}/groups")
def _(w: World) -> requests.Response:
    return w.keep("group", w.ada.post(f"{w.workspace}/groups", {"name": "Readers", "members": []}))


@on(f"PATCH {W}/groups/<uuid:group_id>")
def _(w: World) -> requests.Response:
    return w.ada.call("PATCH", w.path("group"), {"name": "Writers"})


@on(f"PUT {W}/groups/<uuid:group_id>/members/<uuid:account_id>")
def _(w: World) -> requests.Response:
    return w.ada.put(f"{w.path('group')}/members/{w.bob.account['id']}")


@on(f"DELETE {W}/groups/<uuid:group_id>/members/<uuid:account_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"{w.path('group')}/members/{w.bob.account['id']}")


@on(f"PUT {W}/resources/<type:type>/<resource:id>")
def _(w: World) -> requests.Response:
    return w.ada.put(f"{w.workspace}/resources/project/p", {"name": "P"})


@on(f"POST {W}/resources:batch")
def _(w: World) -> requests.Response:
    return w.ada.post(f"{w.workspace}/resources:batch", {"changes": [{"op": "put", "type": "project", "id": "q", "name": "Q"}]})


@on(f"POST {W}/rules")
def _(w: World) -> requests.Response:
    rule = {"resource_type": "project", "resource_id": "p", "permission": "read", "users": [w.bob.account["id"]]}
    return w.keep("rule", w.ada.post(f"{w.workspace}/rules", rule))


@on(f"PUT {W}/rules/<uuid:rule_id>")
def _(w: World) -> requests.Response:
    rule = {"resource_type": "project", "resource_id": "p", "permission": "modify", "users": [w.bob.account["id"]]}
    return w.ada.put(w.path("rule"), rule)


@on(f"DELETE {W}/rules/<uuid:rule_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(w.path("rule"))


@on(f"DELETE {W}/resources/<type:type>/<resource:id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"{w.workspace}/resources/project/p")


# Credentials


@on("POST /v1/account/tokens")
def _(w: World) -> requests.Response:
    return w.keep("token", w.ada.post("/v1/account/tokens", {"name": "ci", "scopes": ["experiments"]}))


@on("POST /v1/account/tokens/<uuid:token_id>/regenerate")
def _(w: World) -> requests.Response:
    return w.keep("token", w.ada.post(f"/v1/account/tokens/{w.made['token']['id']}/regenerate"))


@on("DELETE /v1/account/tokens/<uuid:token_id>")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"/v1/account/tokens/{w.made['token']['id']}")


@on(f"POST {W}/credentials")
def _(w: World) -> requests.Response:
    return w.keep("pair", w.ada.post(f"{w.workspace}/credentials", {"label": "laptop"}))


@on(f"PATCH {W}/credentials/<key:access_key>")
def _(w: World) -> requests.Response:
    return w.ada.call("PATCH", f"{w.workspace}/credentials/{w.made['pair']['access_key']}", {"label": "desk"})


@on(f"DELETE {W}/credentials/<key:access_key>")
def _(w: World) -> requests.Response:
    return w.ada.delete(f"{w.workspace}/credentials/{w.made['pair']['access_key']}")


@on("POST /v1/device-authorizations")
def _(w: World) -> requests.Response:
    return w.keep("device", w.ada.post("/v1/device-authorizations", {"client_name": "DVC", "scopes": ["experiments"]}))


@on("POST /v1/device-authorizations/<code:user_code>")
def _(w: World) -> requests.Response:
    return w.ada.post(f"/v1/device-authorizations/{w.made['device']['user_code']}", {"approve": True})


@on("POST /v1/device-authorizations/token")
def _(w: World) -> requests.Response:
    return w.ada.post("/v1/device-authorizations/token", {"code": w.made["device"]["device_code"]})


@on("POST /api/device-login")
def _(w: World) -> requests.Response:
    return w.keep("studio", w.ada.post("/api/device-login", {"client_name": "DVC", "scopes": ["experiments"]}))


@on("POST /auth/device-login/sign-in")
def _(w: World) -> requests.Response:
    answer = form(w.bob, "/auth/device-login/sign-in", email=w.bob.email, password=PASSWORD, code=w.made["studio"]["user_code"])
    w.made["cookie"] = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0], "Authorization": ""}
    return answer


@on("POST /auth/device-login")
def _(w: World) -> requests.Response:
    code, cookie = w.made["studio"]["user_code"], w.made["cookie"]
    page = requests.get(f"{w.gatehouse.url}/auth/device-login?code={code}", headers={"Cookie": cookie["Cookie"]}, timeout=30).text
    csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    sent = {"code": code, "answer": "approve", "csrf_token": csrf}
    return requests.post(f"{w.gatehouse.url}/auth/device-login", sent, headers={"Cookie": cookie["Cookie"]}, timeout=30)


@on("POST /api/device-login/token")
def _(w: World) -> requests.Response:
    return w.keep("logged_in", w.bob.post("/api/device-login/token", {"code": w.made["studio"]["device_code"]}))


@on("POST /api/device-logout")
def _(w: World) -> requests.Response:
    return w.bob.post("/api/device-logout", {}, headers=bearer(w.made["logged_in"]["access_token"], "token"))


@on("POST /api/live")
def _(w: World) -> requests.Response:
    run = {"type": "start", "repo_url": "https://example.org/r", "baseline_sha": SHA, "name": "exp", "client": "dvclive"}
    w.made["reporter"] = bearer(w.secret_token("experiments"), "token")
    return w.ada.post("/api/live", run, headers=w.made["reporter"])


@on("POST /webhook/dvc")
def _(w: World) -> requests.Response:
    push = {"repo_url": "https://example.org/r", "client": "dvc", "refs": {"pushed": [REF]}}
    return w.ada.post("/webhook/dvc", push, headers=w.made["reporter"])


@on("POST /clearml/<rest:path>")
def _(w: World) -> requests.Response:
    return sdk(w.ada, w.workspace).call("auth.create_credentials", {}, method="POST")


@on("PUT /clearml/<rest:path>")
def _(w: World) -> requests.Response:
    return sdk(w.ada, w.workspace).call("auth.create_credentials", {}, method="PUT")


# Configurations and secrets


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


# Plans and money


def soon(request: Callable[[], requests.Response]) -> requests.Response:
    """Once billing has heard of the workspace."""
    return eventually(lambda: answer if (answer := request()).ok else None, every=0.5)


@on(f"PUT {W}/billing-info")
def _(w: World) -> requests.Response:
    contact = {"name": "Vision Ltd", "email": "pay@vision.example"}
    return soon(lambda: w.ada.put(f"{w.workspace}/billing-info", contact, headers={"If-Match": "*"}))


@on(f"POST {W}/subscription/changes")
def _(w: World) -> requests.Response:
    bought = {"plan": "basic", "seats": 3, "accept_terms_version": w.ada.get("/v1/plans").json()["terms_version"]}
    return w.ada.post(f"{w.workspace}/subscription/changes", bought)


@on(f"POST {W}/invoices/<number:number>/send")
def _(w: World) -> requests.Response:
    w.made["number"] = w.ada.get(f"{w.workspace}/invoices").json()["items"][0]["number"]
    return w.ada.post(f"{w.workspace}/invoices/{w.made['number']}/send")


@on("POST /v1/billing/invoices/<number:number>/payments")
def _(w: World) -> requests.Response:
    return w.operator.post(f"/v1/billing/invoices/{w.made['number']}/payments", {"reference": "statement 7"})


@on(f"POST {W}/usage")
def _(w: World) -> requests.Response:
    record = {"id": "r1", "metric": "storage", "quantity": 1, "at": datetime.now(UTC).isoformat()}
    return w.operator.post(f"{w.workspace}/usage", {"records": [record]})


# Endings


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
