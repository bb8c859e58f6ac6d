"""Somebody who is no operator: signs up, and comes into workspaces by invitation."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.installation import PASSWORD, Installation
from bench.traffic import Client
from gatehouse.demo_client import Outbox


class Guest:
    def __init__(self, made: Installation) -> None:
        self._client, self._operator = Client(made.url), Client(made.url, f"Bearer {made.token}")
        self._person = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD}
        done(self._client, "POST", "/v1/accounts", self._person)
        outbox = Outbox(Path(made.environ["GATEHOUSE_STATE"]) / "outbox")
        done(self._client, "POST", "/v1/email-verifications", {"token": outbox.token(self._person["email"], "/verify-email?token=")})
        started = done(self._client, "POST", "/v1/sessions", self._person | {"token": True})
        self.account_id: str = started["account"]["id"]
        self.shows = f"Bearer {started['session_token']}"

    def join(self, workspace: str, role: str = "viewer") -> None:
        """``workspace``: its address. Before and again after a removal."""
        invited = done(self._operator, "POST", f"{workspace}/invitations", {"email": self._person["email"], "role": role})
        done(self._client, "POST", f"/v1/invitations/{invited['link'].rpartition('/')[2]}/accept", {}, self.shows)


def done(client: Client, method: str, path: str, body: object = None, authorization: str = "") -> dict[str, Any]:
    """What was answered; raises if it was a refusal."""
    if (status := client.call(method, path, body, authorization)) not in (200, 201, 204):
        raise RuntimeError(f"{method} {path}: {status} {client.data}")
    return client.data
