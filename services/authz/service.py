"""The entrypoints of this service."""

from typing import Any

from services.authz.application import Authz
from services.authz.projections import MembersOfWorkspaces
from services.authz.schemas import Check, Decision
from services.chassis.rpc import EventSourced, rpc
from services.chassis.schemas import made
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec


class AuthzService(Service):
    name = "authz"

    app = EventSourced(Authz)

    @rpc
    def check(self, payload: dict[str, Any]) -> dict[str, Any]:
        return made(Decision).dump(self.app.check(**made(Check).load(payload)))


SPEC = ServiceSpec(service=AuthzService, application=Authz, bus=(MembersOfWorkspaces,))
