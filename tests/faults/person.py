from typing import Any
from uuid import uuid4

import requests

from tests.kit import people
from tests.servers import eventually

Json = dict[str, Any]


class Person(people.Person):
    """A careful client: what is answered 503 is sent again with the same key, until it is done."""

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        key = {"Idempotency-Key": str(uuid4())}

        def answered() -> requests.Response | None:
            response = super(Person, self).call(method, path, json, headers=key, **more)
            return response if response.status_code != 503 else None

        response = eventually(answered, within=60)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response

    def send(self, method: str, path: str, body: Json | None = None, *, key: str = "") -> requests.Response:
        """One try, whatever comes of it."""
        return super().call(method, f"/v1{path}", body, headers={"Idempotency-Key": key} if key else {})

    def create_workspace(self, name: str) -> Json:
        made: Json = self.post("/v1/workspaces", {"name": name}).json()
        return made

    def invite(self, workspace_id: str, email: str) -> Json:
        made: Json = self.post(f"/v1/workspaces/{workspace_id}/invitations", {"email": email}).json()
        return made
