"""Identity's entrypoints."""

from datetime import timedelta
from typing import Any

from services.chassis.rpc import Clock, EventSourced, rpc
from services.chassis.schemas import made
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec
from services.identity import preferences, schemas
from services.identity.application import Identity
from services.identity.client_preferences_rpc import ClientPreferenceCalls
from services.identity.credential_reactions import MembershipReactions
from services.identity.credential_rpc import CredentialCalls
from services.identity.credential_views import uses
from services.identity.pictures import MEDIA_TYPE
from services.identity.reactions import FormerAddress, IdentityReactions
from services.identity.views import session_uses

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
    def asked_to_verify(self, payload: Payload) -> Payload:
        query = made(schemas.AskedToVerify).load(payload)
        return made(schemas.AskedEmailAnswer).dump(self.app.asked_to_verify(**query))

    @rpc
    def add_email(self, payload: Payload) -> Payload:
        command = made(schemas.AddEmail).load(payload)
        return made(schemas.EmailAnswer).dump(self.app.add_email(**command, now=self.clock()))

    @rpc
    def delete_email(self, payload: Payload) -> Payload:
        self.app.delete_email(**made(schemas.OwnEmail).load(payload))
        return {}

    @rpc
    def make_primary(self, payload: Payload) -> Payload:
        return made(schemas.EmailAnswer).dump(self.app.make_primary(**made(schemas.OwnEmail).load(payload)))

    @rpc
    def renew_verification(self, payload: Payload) -> Payload:
        self.app.renew_verification(**made(schemas.OwnEmail).load(payload), now=self.clock())
        return {}

    @rpc
    def change_profile(self, payload: Payload) -> Payload:
        return made(schemas.AccountAnswer).dump(self.app.change_profile(**made(schemas.ChangeProfile).load(payload)))

    @rpc
    def put_picture(self, payload: Payload) -> Payload:
        return made(schemas.AccountAnswer).dump(self.app.put_picture(**made(schemas.PutPicture).load(payload)))

    @rpc
    def delete_picture(self, payload: Payload) -> Payload:
        self.app.delete_picture(**made(schemas.GetAccount).load(payload))
        return {}

    @rpc
    def picture(self, payload: Payload) -> Payload:
        query = made(schemas.GetAccount).load(payload)
        return made(schemas.PictureAnswer).dump({"image": self.app.views.picture(query["account_id"]), "media_type": MEDIA_TYPE})

    @rpc
    def preferences(self, payload: Payload) -> Payload:
        query = made(schemas.GetAccount).load(payload)
        return made(schemas.Preferences).dump(preferences.complete(self.app.views.preferences(query["account_id"])))

    @rpc
    def change_preferences(self, payload: Payload) -> Payload:
        return made(schemas.Preferences).dump(self.app.change_preferences(**made(schemas.ChangePreferences).load(payload)))

    @rpc
    def change_password(self, payload: Payload) -> Payload:
        self.app.change_password(**made(schemas.ChangePassword).load(payload), now=self.clock())
        return {}

    @rpc
    def request_password_reset(self, payload: Payload) -> Payload:
        self.app.request_password_reset(**made(schemas.RequestPasswordReset).load(payload), now=self.clock())
        return {}

    @rpc
    def reset_password(self, payload: Payload) -> Payload:
        return {"account_id": str(self.app.reset_password(**made(schemas.ResetPassword).load(payload), now=self.clock()))}

    @rpc
    def session_seen(self, payload: Payload) -> Payload:
        now = self.clock()
        self.app.views.seen(
            **made(schemas.SessionSeen).load(payload), now=now, since=now - timedelta(minutes=self.app.settings.seen_minutes)
        )
        return {}

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
    def get_session(self, payload: Payload) -> Payload:
        query = made(schemas.OfSession).load(payload)
        return made(schemas.OneSession).dump(self.app.get_session(**query))

    @rpc
    def switch_workspace(self, payload: Payload) -> Payload:
        self.app.switch_workspace(**made(schemas.SwitchWorkspace).load(payload))
        return {}

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


SPEC = ServiceSpec(
    service=IdentityService,
    application=Identity,
    reactions=(IdentityReactions, FormerAddress, MembershipReactions),
    side=(session_uses, uses),
)
