"""Somebody who uses Gatehouse over HTTP, as a careful client does: a command has its key and is sent again while the answer is 503."""

from typing import Any
from uuid import uuid4

import requests

from tests.servers import eventually

PASSWORD = "a-long-enough-passphrase"

Json = dict[str, Any]


class Person:
    def __init__(self, url: str, email: str) -> None:
        self.email = email
        self.url, self._headers = url, dict[str, str]()

    def sign_up(self, setup_token: str | None = None) -> Json:
        given = {"setup_token": setup_token} if setup_token else {}
        return self.done("POST", "/accounts", {"email": self.email, "password": PASSWORD, **given})

    def sign_in(self) -> Json:
        started = self.done("POST", "/sessions", {"email": self.email, "password": PASSWORD, "token": True})
        self._headers["Authorization"] = f"Bearer {started['session_token']}"
        return started

    def create_workspace(self, name: str) -> Json:
        return self.done("POST", "/workspaces", {"name": name})

    def invite(self, workspace_id: str, email: str) -> Json:
        return self.done("POST", f"/workspaces/{workspace_id}/invitations", {"email": email})

    def send(self, method: str, path: str, body: Json | None = None, *, key: str = "") -> requests.Response:
        """One try, whatever comes of it."""
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        return requests.request(method, f"{self.url}/v1{path}", json=body, headers=headers, timeout=20)

    def done(self, method: str, path: str, body: Json | None = None) -> Json:
        """The answer, after as many tries with one key as it takes."""
        key = str(uuid4())

        def answered() -> requests.Response | None:
            response = self.send(method, path, body, key=key)
            return response if response.status_code != 503 else None

        response = eventually(answered, within=60)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else {}
