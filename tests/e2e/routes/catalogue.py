"""What a request for a route is given, and where it is noted."""

from collections.abc import Callable
from typing import Any

import requests

from tests.kit.installations import Installation
from tests.kit.people import Person

W = "/v1/workspaces/<uuid:workspace_id>"

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
