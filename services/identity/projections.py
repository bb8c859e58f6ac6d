"""Identity's views, kept in step with its own events."""

from services.chassis.projections import Projection, on
from services.chassis.views import Rows
from services.identity.domain import Account, EmailAddress, Picture, Session
from services.identity.views import accounts, emails, pictures, sessions


class AccountsProjection(Projection):
    name, version, tables = "accounts", 3, (accounts, emails)

    @on(Account.Created)
    def registered(self, event: Account.Created, rows: Rows) -> None:
        rows.put(
            accounts,
            account_id=event.originator_id,
            username=event.username.value,
            first_name=event.first_name.value,
            last_name=event.last_name.value,
            picture=None,
            preferences=None,
            primary_id=event.address_ids[0],
            operator=event.operator,
            epoch=0,
            kept_session_id=None,
            credential_epoch=0,
            erased=False,
            created_at=event.timestamp,
        )

    @on(Account.ProfileChanged)
    def profile_changed(self, event: Account.ProfileChanged, rows: Rows) -> None:
        rows.change(accounts, {"account_id": event.originator_id}, **{event.field: event.new.value})

    @on(Account.PictureChanged)
    def picture_changed(self, event: Account.PictureChanged, rows: Rows) -> None:
        rows.change(accounts, {"account_id": event.originator_id}, picture=event.version)

    @on(Account.PreferencesChanged)
    def preferences_changed(self, event: Account.PreferencesChanged, rows: Rows) -> None:
        rows.change(accounts, {"account_id": event.originator_id}, preferences=event.preferences.value)

    @on(Account.PrimaryChanged)
    def primary_changed(self, event: Account.PrimaryChanged, rows: Rows) -> None:
        rows.change(accounts, {"account_id": event.originator_id}, primary_id=event.address_id)

    @on(Account.PasswordChanged)
    def password_changed(self, event: Account.PasswordChanged, rows: Rows) -> None:
        credentials = {"credential_epoch": event.epoch} if event.credentials_revoked else {}
        rows.change(accounts, {"account_id": event.originator_id}, epoch=event.epoch, kept_session_id=event.kept_session_id, **credentials)

    @on(Account.OperatorGranted)
    def operator_granted(self, event: Account.OperatorGranted, rows: Rows) -> None:
        rows.change(accounts, {"account_id": event.originator_id}, operator=True)

    @on(Account.OperatorRevoked)
    def operator_revoked(self, event: Account.OperatorRevoked, rows: Rows) -> None:
        rows.change(accounts, {"account_id": event.originator_id}, operator=False)

    @on(Account.Erased)
    def erased(self, event: Account.Erased, rows: Rows) -> None:
        blank = dict.fromkeys(("username", "first_name", "last_name", "picture", "preferences"))
        rows.change(accounts, {"account_id": event.originator_id}, **blank, erased=True)

    @on(EmailAddress.Claimed)
    def claimed(self, event: EmailAddress.Claimed, rows: Rows) -> None:
        rows.put(
            emails,
            address_id=event.originator_id,
            account_id=event.account_id,
            address=event.address.value,
            verified=False,
            created_at=event.timestamp,
        )

    @on(EmailAddress.Verified)
    def verified(self, event: EmailAddress.Verified, rows: Rows) -> None:
        rows.change(emails, {"address_id": event.originator_id}, verified=True)

    @on(EmailAddress.Released)
    def released(self, event: EmailAddress.Released, rows: Rows) -> None:
        rows.remove(emails, address_id=event.originator_id)


class PicturesProjection(Projection):
    name, tables = "pictures", (pictures,)

    @on(Picture.Replaced)
    def replaced(self, event: Picture.Replaced, rows: Rows) -> None:
        rows.put(pictures, account_id=event.account_id, image=event.image.value)

    @on(Picture.Removed)
    def removed(self, event: Picture.Removed, rows: Rows) -> None:
        rows.remove(pictures, account_id=event.account_id)


class SessionsProjection(Projection):
    """Rows of an erased account stay, and those ended by a change of password: they authenticate nobody.

    Removing them here would make a row depend on two streams: a sign-in at the moment of an erasure could come out
    otherwise in a rebuild than it did live.
    """

    name, version, tables = "sessions", 3, (sessions,)

    @on(Session.Created)
    def started(self, event: Session.Created, rows: Rows) -> None:
        rows.put(
            sessions,
            session_id=event.originator_id,
            account_id=event.account_id,
            digest=event.digest,
            created_at=event.timestamp,
            expires_at=event.expires_at,
            ip=event.metadata.get("ip", ""),
            user_agent=event.metadata.get("user_agent", ""),
            epoch=event.epoch,
            workspace_id=None,
        )

    @on(Session.WorkspaceSwitched)
    def switched(self, event: Session.WorkspaceSwitched, rows: Rows) -> None:
        rows.change(sessions, {"session_id": event.originator_id}, workspace_id=event.workspace_id)

    @on(Session.Ended)
    def ended(self, event: Session.Ended, rows: Rows) -> None:
        rows.remove(sessions, session_id=event.originator_id)
