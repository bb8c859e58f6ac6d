"""Identity's views, kept in step with its own events."""

from services.chassis.projections import Projection, on
from services.chassis.views import Rows
from services.identity.domain import Account, EmailAddress, Session
from services.identity.views import accounts, emails, sessions


class AccountsProjection(Projection):
    name, tables = "accounts", (accounts, emails)

    @on(Account.Created)
    def registered(self, event: Account.Created, rows: Rows) -> None:
        rows.put(
            accounts,
            account_id=event.originator_id,
            username=event.username.value,
            first_name=event.first_name.value,
            last_name=event.last_name.value,
            primary_id=event.address_ids[0],
            operator=event.operator,
            erased=False,
            created_at=event.timestamp,
        )

    @on(Account.Erased)
    def erased(self, event: Account.Erased, rows: Rows) -> None:
        rows.change(accounts, {"account_id": event.originator_id}, username=None, first_name=None, last_name=None, erased=True)

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


class SessionsProjection(Projection):
    """Rows of an erased account stay, and authenticate nobody.

    Removing them here would make a row depend on two streams: a sign-in at the moment of an erasure could come out
    otherwise in a rebuild than it did live.
    """

    name, tables = "sessions", (sessions,)
    version = 2

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
            workspace_id=None,
        )

    @on(Session.WorkspaceSwitched)
    def switched(self, event: Session.WorkspaceSwitched, rows: Rows) -> None:
        rows.change(sessions, {"session_id": event.originator_id}, workspace_id=event.workspace_id)

    @on(Session.Ended)
    def ended(self, event: Session.Ended, rows: Rows) -> None:
        rows.remove(sessions, session_id=event.originator_id)
