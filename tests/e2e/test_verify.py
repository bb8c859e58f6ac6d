"""A real nginx asks Gatehouse about every request, configured as the documentation says; Envoy's way of asking."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from tests.kit.installations import Installation
from tests.kit.people import PASSWORD, Person
from tests.servers import Nginx, free_port, serving

NOWHERE = "00000000-0000-0000-0000-000000000000"
DOCUMENTED = re.search(r"```nginx\n(.+?)```", Path("docs/proxies.md").read_text(), re.DOTALL)


class Platform(BaseHTTPRequestHandler):
    """What stands behind the proxy: tells whom the proxy says it serves."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write((self.headers.get("X-Gatehouse-Account") or "").encode())

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    with serving(server):
        yield f"127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def olivia(embedded_gatehouse: Installation) -> Person:
    return Person(embedded_gatehouse, "olivia").arrived()


@pytest.fixture(scope="module")
def ada(embedded_gatehouse: Installation) -> Person:
    return Person(embedded_gatehouse, "ada").arrived()


@pytest.fixture(scope="module")
def workspace(olivia: Person, ada: Person) -> str:
    path = olivia.workspace()
    olivia.welcome(path, ada, "viewer")
    return path


@pytest.fixture(scope="module")
def proxy(embedded_gatehouse: Installation, platform: str, workspace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert DOCUMENTED
    address = f"127.0.0.1:{free_port()}"
    server = DOCUMENTED[1].replace("127.0.0.1:8000", address).replace("127.0.0.1:9000", platform)
    server = server.replace("127.0.0.1:8080", embedded_gatehouse.http).replace(NOWHERE, workspace.rpartition("/")[2])
    with Nginx(tmp_path_factory.mktemp("nginx"), server, address) as nginx:
        yield nginx.url


def ask(proxy: str, person: Person | None, path: str = "/", **headers: str) -> requests.Response:
    bearer = {"Authorization": f"Bearer {person.token}"} if person else {}
    return requests.get(proxy + path, headers=bearer | headers, timeout=20)


def test_nginx_lets_pass_whom_gatehouse_knows_and_tells_the_platform_who_it_is(proxy: str, ada: Person) -> None:
    passed = ask(proxy, ada, **{"X-Gatehouse-Account": "somebody else"})
    assert (passed.status_code, passed.text) == (200, ada.account["id"])


@pytest.mark.parametrize("credential", ["", "Bearer wrong", "Basic bm8tY29sb24=", f"Bearer gh_{'a' * 50}"])
def test_nginx_refuses_whom_nobody_knows(proxy: str, credential: str) -> None:
    refused = requests.get(proxy, headers={"Authorization": credential}, timeout=20)
    assert refused.status_code == 401


def test_nginx_asks_about_the_project_in_the_address(proxy: str, ada: Person, olivia: Person, workspace: str) -> None:
    stranger = Person(ada.gatehouse, "stranger").arrived()
    assert ask(proxy, ada, "/projects/secret-plans/x").status_code == 200
    assert ask(proxy, stranger, "/projects/secret-plans/x").status_code == 403

    closing = {"resource_type": "project", "resource_id": "secret-plans", "permission": "read", "users": [olivia.account["id"]]}
    assert olivia.put(f"{workspace}/resources/project/secret-plans", {"name": "Plans"}).status_code == 200
    rule = olivia.post(f"{workspace}/rules", closing)
    assert rule.status_code == 201, rule.text
    assert ask(proxy, ada, "/projects/secret-plans/x").status_code == 403
    assert ask(proxy, olivia, "/projects/secret-plans/x").status_code == 200


def test_a_client_cannot_choose_another_question(proxy: str, ada: Person) -> None:
    stranger = Person(ada.gatehouse, "stranger").arrived()
    own = stranger.workspace("own").rpartition("/")[2]
    asked = ask(proxy, stranger, "/projects/p1", **{"X-Gatehouse-Workspace": own, "X-Gatehouse-Type": "queue", "X-Gatehouse-Id": "q"})
    assert asked.status_code == 403


def test_a_cookie_proves_for_unsafe_methods_that_a_page_of_ours_sent_it(proxy: str, ada: Person) -> None:
    browser = requests.Session()
    signed_in = browser.post(f"{ada.gatehouse.url}/v1/sessions", json={"email": ada.email, "password": PASSWORD}, timeout=20)
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    assert requests.get(proxy, headers=cookies, timeout=20).status_code == 200
    assert requests.post(proxy, headers=cookies, timeout=20).status_code == 403
    proven = cookies | {"X-CSRF-Token": signed_in.json()["csrf_token"]}
    assert requests.post(proxy, headers=proven, timeout=20).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_envoy_asks_with_the_methods_and_paths_of_the_requests(ada: Person, workspace: str, method: str) -> None:
    asked = ada.call(method, "/v1/verify/some/where%20else?action=delete", headers={"X-Gatehouse-Workspace": workspace.rpartition("/")[2]})
    named = {name: asked.headers[f"X-Gatehouse-{name}"] for name in ("Account", "Kind", "Role")}
    assert (asked.status_code, named) == (200, {"Account": ada.account["id"], "Kind": "session", "Role": "viewer"})


@pytest.mark.parametrize(
    "need",
    [
        {"Workspace": "x"},
        {"Type": "project", "Id": "p"},
        {"Type": "project"},
        {"Scope": "everything"},
        {"Action": "own"},
        {"Method": "STEAL"},
    ],
)
def test_a_proxy_that_asks_wrongly_lets_nobody_pass(ada: Person, need: dict[str, str]) -> None:
    asked = ada.get("/v1/verify", headers={f"X-Gatehouse-{name}": value for name, value in need.items()})
    assert (asked.status_code, asked.json()["code"]) == (422, "invalid_fields")


def test_a_credential_needs_the_scope_the_proxy_demands(ada: Person) -> None:
    made = ada.post("/v1/account/tokens", {"name": "reports", "scopes": ["experiments"]}).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    for scope, status in (("experiments", 200), ("secrets", 403)):
        asked = requests.get(f"{ada.gatehouse.url}/v1/verify", headers=bearer | {"X-Gatehouse-Scope": scope}, timeout=20)
        assert asked.status_code == status
