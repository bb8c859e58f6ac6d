"""Tokens, key pairs, devices, and what other people's clients send."""

import requests

from tests.e2e.routes.catalogue import W, World, form, on
from tests.e2e.test_clearml import sdk
from tests.e2e.test_credentials import bearer
from tests.kit.people import PASSWORD

SHA = "ab" * 20
REF = f"refs/exps/ab/{'ab' * 19}/exp"


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
