"""Device login in the words of DVC: five fields, two refusals, one token."""

from typing import Any

import pytest
import requests

from tests.kit.installations import Installation
from tests.kit.people import Person


class Device:
    def __init__(self, url: str, **more: Any) -> None:
        self.url = url
        self.answer = self.post("/api/device-login", {"client_name": "DVC", "token_name": "laptop", **more})

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        return requests.post(self.url + path, json=body, headers=headers, timeout=30, allow_redirects=False)

    def poll(self) -> requests.Response:
        return self.post("/api/device-login/token", {"code": self.answer.json()["device_code"]})

    def answered(self, person: Person, approve: bool) -> None:
        answer = person.post(f"/v1/device-authorizations/{self.answer.json()['user_code']}", {"approve": approve})
        assert answer.ok, answer.text


def refused(answer: requests.Response) -> str:
    assert (answer.status_code, set(answer.json())) == (400, {"detail"})
    return answer.json()["detail"]


@pytest.mark.feature("C-04")
def test_a_login_hands_its_token_out_once_and_logout_ends_it(gatehouse: Installation, ada: Person) -> None:
    device = Device(gatehouse.url, scopes=["EXPERIMENTS", "models"], expires_in_days=30)
    codes = device.answer.json()
    assert (device.answer.status_code, codes["token_name"], codes["expires_in"]) == (200, "laptop", 900)
    assert codes["verification_uri"] == f"{gatehouse.url}/auth/device-login"
    assert codes["token_uri"] == f"{gatehouse.url}/api/device-login/token"
    assert refused(device.poll()) == "authorization_pending"
    device.answered(ada, True)
    token = device.poll().json()["access_token"]
    assert token.startswith("isat_")
    assert refused(device.poll()) == "authorization_expired"
    assert [device.post("/api/device-logout", None, Authorization=f"token {token}").status_code for _ in range(2)] == [200, 401]


def test_a_denied_or_unknown_code_is_told_as_expired(gatehouse: Installation, ada: Person) -> None:
    device = Device(gatehouse.url)
    device.answered(ada, False)
    assert refused(device.poll()) == "authorization_expired"
    for body in ({"code": "made-up"}, {"code": 1}, {}, {"code": "x" * 1000}, {"code": None}):
        assert refused(device.post("/api/device-login/token", body)) == "authorization_expired"


def test_links_do_not_follow_the_host_that_a_client_claims(gatehouse: Installation) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = requests.post(f"{gatehouse.url}/api/device-login", json={"client_name": "DVC"}, headers=headers, timeout=30)
    assert "evil" not in answer.text
    assert answer.json()["token_name"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_name": ""},
        {"scopes": ["root"]},
        {"scopes": "experiments"},
        {"expires_in_days": 0},
        {"token_name": "a\nb"},
        {"team_names": [1]},
    ],
)
def test_wrong_logins_are_refused_in_short(gatehouse: Installation, wrong: dict[str, Any]) -> None:
    assert refused(Device(gatehouse.url, **wrong).answer).startswith("Wrong: ")
