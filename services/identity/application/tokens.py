from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.chassis import context, tokens
from services.chassis import scopes as known
from services.chassis.domain import Aggregate, Personal
from services.chassis.errors import Unauthenticated, Unprocessable
from services.chassis.throttle import Throttle
from services.identity.application.shared import Answer, Shared
from services.identity.credential_views import CredentialViews
from services.identity.domain import AccessToken, Account, DeviceAuthorization, KeyPair, Session


class Credentials(Shared):
    """What tokens, key pairs and device logins have in common."""

    credentials: CredentialViews

    def setup(self) -> None:
        super().setup()
        self._made = Throttle(self.db, "credentials", timedelta(days=1))
        if self.db:
            self.credentials = CredentialViews(self.db)

    def note_uses(self, uses: list[dict[str, Any]]) -> None:
        self.credentials.note_uses(uses, timedelta(minutes=self.settings.last_use_minutes))

    def forget(self, *subjects: UUID) -> None:
        """From where they came is theirs, too."""
        super().forget(*subjects)
        if self.db:
            self.credentials.forget_uses(subjects)

    def revocable(self, account_id: UUID) -> list[Aggregate]:
        """Every live token, key pair and device login of the account, revoked but not saved: what revokes them saves them with itself."""
        if not self.db:
            return []
        found: list[AccessToken | KeyPair] = [self.load(AccessToken, id) for id in self.credentials.token_ids(account_id)]
        found += [self.load(KeyPair, id) for id in self.credentials.key_pair_ids(account_id=account_id)]
        live = [each for each in found if not each.revoked]
        for each in live:
            each.revoke(account_id)
        waiting = [self.load(DeviceAuthorization, id) for id in self.credentials.approved_device_ids(account_id)]
        for device in waiting:
            device.cancel()
        return [*live, *waiting]

    def _maker(self, account_id: UUID) -> Account:
        """For whom something is to be made, in the epoch that it will belong to. Raises if what the call showed has ended since.

        The gateway has looked before; what everything else is revoked with must not leave behind what was asked for just then.
        """
        account, shown = self._account(account_id), context.current().credential_id
        if shown and not self._holds(account, UUID(shown)):
            raise Unauthenticated("credential_invalid", "what this was asked for with has ended: sign in again")
        return account

    def _holds(self, account: Account, credential_id: UUID) -> bool:
        session, token, pair = self.find_all((Session, credential_id), (AccessToken, credential_id), (KeyPair, credential_id))
        if session is not None:
            return not session.ended and account.admits(session.id, session.epoch)
        held = token or pair
        return held is not None and not held.revoked and account.believes(held.epoch)

    def _count_one(self, account_id: UUID, now: datetime) -> None:
        self._made.take(str(account_id), self.settings.credentials_per_day, now)

    def _check_expiry(self, expires_at: datetime | None, now: datetime) -> None:
        if expires_at is not None and expires_at <= now:
            raise Unprocessable("invalid_fields", "Some fields are wrong; see errors.", {"expires_at": ["Must be in the future."]})


class Tokens(Credentials):
    def create_token(
        self,
        *,
        account_id: UUID,
        now: datetime,
        kind: str = "named",
        name: str = "",
        scopes: list[str] | None = None,
        workspace_ids: list[UUID] | None = None,
        expires_at: datetime | None = None,
    ) -> Answer:
        """The answer is the only one that ever holds the token."""
        maker = self._maker(account_id)
        self._check_expiry(expires_at, now)
        self._count_one(account_id, now)
        studio = kind == "studio"
        secret = tokens.new(tokens.STUDIO if studio else tokens.PERSONAL)
        token = self._issued(
            secret,
            id=AccessToken.studio_id(account_id) if studio else uuid4(),
            account_id=account_id,
            kind=kind,
            name=name,
            scopes=scopes or list(known.STUDIO),
            workspace_ids=workspace_ids,
            expires_at=expires_at,
            epoch=maker.credential_epoch,
        )
        self.save(token)
        return {**described_token(token), "token": secret}

    def regenerate_token(self, *, account_id: UUID, token_id: UUID, now: datetime) -> Answer:
        self._count_one(account_id, now)
        token = self.load(AccessToken, token_id)
        secret = tokens.new(tokens.STUDIO if token.prefix.startswith(tokens.STUDIO) else tokens.PERSONAL)
        token.regenerate(account_id, tokens.shown(secret), self.keys.digest("token", secret))
        self.save(token)
        return {**described_token(token), "token": secret}

    def revoke_token(self, *, account_id: UUID, token_id: UUID) -> None:
        token = self.load(AccessToken, token_id)
        token.revoke(account_id)
        self.save(token)

    def _issued(self, secret: str, *, id: UUID, account_id: UUID, kind: str, name: str, **terms: Any) -> AccessToken:
        terms |= {"name": Personal(account_id, name), "prefix": tokens.shown(secret), "digest": self.keys.digest("token", secret)}
        if (former := self.find(AccessToken, id)) is not None:
            former.reissue(**terms)
            return former
        return AccessToken(id=id, account_id=account_id, kind=kind, **terms)


def described_token(token: AccessToken) -> Answer:
    return {
        "id": token.id,
        "kind": token.kind,
        "name": token.name.value,
        "prefix": token.prefix,
        "scopes": token.scopes,
        "workspace_ids": token.workspace_ids,
        "created_at": token.issued_on,
        "expires_at": token.expires_at,
        "last_used_at": None,
        "last_used_ip": None,
    }
