import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.errors import NotFound, Unauthenticated
from services.identity import passwords
from services.identity.application.shared import Answer, Shared, described
from services.identity.domain import Account, EmailAddress, Session, SignIn, Username


@dataclass(frozen=True)
class Claimant:
    """Who somebody that signs in claims to be. ``proved``: the address named, or any if a username was, is verified."""

    named_id: UUID
    address_id: UUID | None
    account: Account | None
    proved: bool


class Sessions(Shared):
    def start_session(self, *, password: str, now: datetime, email: str | None = None, username: str | None = None) -> Answer:
        claimant = self._claimant(email, username)
        account = claimant.account
        with self.attempts.counted(claimant.named_id, now):
            right = passwords.verify(account.password_hash.value if account else None, password)
            if account is None or not right or not claimant.proved:
                # One answer for every reason: none of them may tell whether the account exists.
                self.save(SignIn(address_id=claimant.address_id, account_id=account.id if account else None))
                raise Unauthenticated("credentials_invalid", "wrong address or password, or the address is not verified yet")
        token = f"gs_{secrets.token_urlsafe(32)}"
        expires_at = now + timedelta(hours=self.settings.session_hours)
        digest = self.keys.digest("session", token)
        session = Session(account_id=account.id, digest=digest, expires_at=expires_at, epoch=account.epoch, started_at=now)
        if passwords.outdated(account.password_hash.value):
            account.rehash(passwords.hash(password))
        self.save(session, account)
        return {"token": token, "session": session, "account": described(account, self._addresses(account))}

    def end_session(self, *, account_id: UUID, session_id: UUID) -> None:
        session = self.load(Session, session_id)
        session.end(account_id)
        self.save(session)

    def switch_workspace(self, *, account_id: UUID, session_id: UUID, workspace_id: UUID) -> None:
        session = self.load(Session, session_id)
        session.switch(account_id, workspace_id)
        self.save(session)

    def get_session(self, *, account_id: UUID, session_id: UUID) -> Answer:
        if (found := self.views.own_session(account_id, session_id)) is None:
            raise NotFound("session_not_found", "there is no session with this id")
        return found

    def _claimant(self, email: str | None, username: str | None) -> Claimant:
        if email is not None:
            id = self._address_id(email)
            address = self.find(EmailAddress, id)
            account = self.load(Account, address.account_id) if address and address.account_id else None
            return Claimant(account.id if account else id, id, account, bool(address and address.verified))
        id = self._username_id(username or "")
        holder = self.find(Username, id)
        account = self.load(Account, holder.account_id) if holder and holder.account_id else None
        proved = account is not None and any(address.verified for address in self._addresses(account))
        return Claimant(account.id if account else id, None, account, proved)
