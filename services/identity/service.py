"""Identity's entrypoints."""

from typing import Any

from services.chassis.rpc import Clock, EventSourced, rpc
from services.chassis.schemas import made
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec
from services.identity import schemas
from services.identity.application import Identity
from services.identity.client_preferences_rpc import ClientPreferenceCalls
from services.identity.credential_reactions import MembershipReactions
from services.identity.credential_rpc import CredentialCalls
from services.identity.credential_views import uses
from services.identity.reactions import IdentityReactions

Payload = dict[str, Any]


class IdentityService(CredentialCalls, ClientPreferenceCalls, Service):
    name = "identity"

    app = EventSourced(Identity)
    clock = Clock()

    @rpc
    def register_account(self, payload: Payload) -> Payload:
        command = made(schemas.RegisterAccount).load(payload)
        return made(schemas.AccountAnswer).dump(self.app.register_account(**command, now=self.clock()))

    @rpc
    def verify_email(self, payload: Payload) -> Payload:
        command = made(schemas.VerifyEmail).load(payload)
        return made(schemas.EmailAnswer).dump(self.app.verify_email(**command, now=self.clock()))

    @rpc
    def start_session(self, payload: Payload) -> Payload:
        command = made(schemas.StartSession).load(payload)
        return made(schemas.SessionAnswer).dump(self.app.start_session(**command, now=self.clock()))

    @rpc
    def authenticate(self, payload: Payload) -> Payload:
        query = made(schemas.Authenticate).load(payload)
        return made(schemas.PrincipalAnswer).dump(self.app.views.session(query["digest"], self.clock()))

    @rpc
    def list_sessions(self, payload: Payload) -> Payload:
        query = made(schemas.ListSessions).load(payload)
        return made(schemas.SessionsAnswer).dump(self.app.views.sessions(**query, now=self.clock()))

    @rpc
    def end_session(self, payload: Payload) -> Payload:
        self.app.end_session(**made(schemas.EndSession).load(payload))
        return {}

    @rpc
    def get_account(self, payload: Payload) -> Payload:
        query = made(schemas.GetAccount).load(payload)
        return made(schemas.AccountAnswer).dump(self.app.views.account(query["account_id"]))

    @rpc
    def profiles(self, payload: Payload) -> Payload:
        query = made(schemas.GetProfiles).load(payload)
        return made(schemas.ProfilesAnswer).dump({"items": self.app.views.profiles(query["account_ids"])})

    @rpc
    def erase_account(self, payload: Payload) -> Payload:
        command = made(schemas.EraseAccount).load(payload)
        self.app.erase_account(**command, now=self.clock())
        return {}


SPEC = ServiceSpec(service=IdentityService, application=Identity, reactions=(IdentityReactions, MembershipReactions), side=(uses,))
