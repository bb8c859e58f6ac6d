"""A gateway by itself."""

from typing import Any

from gateway.access import Access
from gateway.app import Application, create_app
from services.chassis.errors import Unavailable
from services.chassis.rpc_client import Answer
from services.chassis.settings import Settings


class Nobody:
    """No service is there."""

    def call(self, service: str, method: str, payload: dict[str, Any]) -> Answer:
        raise Unavailable("service_unavailable", "try again", {"retry_after": 2})


def application() -> Application:
    return create_app(Settings(secret_key="k" * 32, max_body=1000), Nobody(), Access())
