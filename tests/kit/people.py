"""People who use Gatehouse over HTTP."""

from copy import copy
from itertools import count
from typing import Any
from uuid import uuid4

import requests

from gatehouse.demo_client import Outbox
from tests.kit.installations import Installation

PASSWORD = "correct horse battery staple"
_addresses = count(1)


class Person:
    """Comes from an address of their own, so that nobody is throttled for somebody else."""

    def __init__(self, gatehouse: Installation, name: str) -> None:
        self.gatehouse = gatehouse
        self.email = f"{name}-{uuid4().hex[:8]}@example.org"
        number = next(_addresses)
        self.ip = f"10.1.{number // 250}.{number % 250 + 1}"
        self.account: dict[str, Any] = {}
        self.token = ""

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        headers = {"X-Forwarded-For": self.ip} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        headers |= more.pop("headers", {})
        # One connection a call: sessions of requests would keep cookies, which are no business of scripts.
        return requests.request(method, self.gatehouse.url + path, json=json, headers=headers, timeout=30, **more)

    def at(self, gatehouse: Installation) -> "Person":
        """The same person, working at another gateway."""
        elsewhere = copy(self)
        elsewhere.gatehouse = gatehouse
        return elsewhere

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> requests.Response:
        return self.call("POST", path, json, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> requests.Response:
        return self.call("PUT", path, json, **more)

    def delete(self, path: str, json: Any = None, **more: Any) -> requests.Response:
        return self.call("DELETE", path, json, **more)

    def sign_up(self, **more: str) -> requests.Response:
        return self.post("/v1/accounts", {"email": self.email, "password": PASSWORD, **more})

    def mailed(self, link: str) -> str:
        """The token in the newest mail with such a link."""
        return Outbox(self.gatehouse.outbox).token(self.email, link)

    def verify(self) -> requests.Response:
        return self.post("/v1/email-verifications", {"token": self.mailed("/verify-email?token=")})

    def sign_in(self, **more: Any) -> requests.Response:
        answer = self.post("/v1/sessions", {"email": self.email, "password": PASSWORD, "token": True, **more})
        if answer.status_code == 201:
            self.account, self.token = answer.json()["account"], answer.json()["session_token"]
        return answer

    def arrived(self) -> "Person":
        """Signed up, verified and signed in."""
        for answer in (self.sign_up(), self.verify(), self.sign_in()):
            assert answer.ok, answer.text
        return self

    def workspace(self, name: str = "vision") -> str:
        answer = self.post("/v1/workspaces", {"name": name})
        assert answer.status_code == 201, answer.text
        return f"/v1/workspaces/{answer.json()['id']}"

    def welcome(self, path: str, guest: "Person", role: str = "editor", **more: Any) -> None:
        """Invites the guest into the workspace at ``path``; the guest accepts."""
        invited = self.post(f"{path}/invitations", {"email": guest.email, "role": role, **more})
        assert invited.status_code == 201, invited.text
        accepted = guest.post(f"/v1/invitations/{invited.json()['link'].rpartition('/')[2]}/accept")
        assert accepted.status_code == 200, accepted.text
