"""Access tokens that people give to their programs."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import Conflict, NotFound


class AccessToken(Aggregate):
    """One token, of which only a keyed digest is known. It also ends with its account, without an event of its own.

    The stream of the one Studio token of an account derives from the account: the store itself refuses a second one.
    """

    TOPIC = "identity.token"

    class Created(Aggregate.Created):
        TOPIC = "identity.token.created"
        account_id: UUID
        kind: str
        name: Personal
        scopes: list[str]
        workspace_ids: list[UUID] | None
        prefix: str
        digest: str
        expires_at: datetime | None
        epoch: int | None = None

    class Reissued(Aggregate.Event):
        TOPIC = "identity.token.reissued"
        account_id: UUID
        kind: str
        name: Personal
        scopes: list[str]
        workspace_ids: list[UUID] | None
        prefix: str
        digest: str
        expires_at: datetime | None
        epoch: int | None = None

    class Regenerated(Aggregate.Event):
        TOPIC = "identity.token.regenerated"
        account_id: UUID
        prefix: str
        digest: str

    class Revoked(Aggregate.Event):
        TOPIC = "identity.token.revoked"
        account_id: UUID

    class ExpiryAnnounced(Aggregate.Event):
        TOPIC = "identity.token.expiry_announced"
        account_id: UUID
        expires_at: datetime

    @event(Created)
    def __init__(
        self,
        id: UUID,
        account_id: UUID,
        kind: str,
        name: Personal,
        scopes: list[str],
        workspace_ids: list[UUID] | None,
        prefix: str,
        digest: str,
        expires_at: datetime | None,
        epoch: int | None = None,
    ) -> None:
        self.account_id, self.kind, self.name = account_id, kind, name
        self.scopes, self.workspace_ids = scopes, workspace_ids
        self.prefix, self.digest, self.expires_at, self.epoch = prefix, digest, expires_at, epoch
        self.issued_on = self.created_on
        self.revoked = False
        # The end that its owner was told of.
        self.announced: datetime | None = None

    @staticmethod
    def studio_id(account_id: UUID) -> UUID:
        return uuid5(NAMESPACE_URL, f"/identity/studio-tokens/{account_id}")

    def reissue(
        self,
        name: Personal,
        scopes: list[str],
        workspace_ids: list[UUID] | None,
        prefix: str,
        digest: str,
        expires_at: datetime | None,
        epoch: int,
    ) -> None:
        """A new Studio token in the place of one that was deleted, or that belongs to an epoch which is over."""
        if not self.revoked and self.epoch in (None, epoch):
            raise Conflict("studio_token_exists", "there is one Studio token for each account: regenerate it, or delete it first")
        self._reissued(self.account_id, self.kind, name, scopes, workspace_ids, prefix, digest, expires_at, epoch)

    def regenerate(self, account_id: UUID, prefix: str, digest: str) -> None:
        """One event: there is no moment at which both the old and the new secret are valid, or neither."""
        self._check_owner(account_id)
        self._regenerated(account_id=account_id, prefix=prefix, digest=digest)

    def revoke(self, account_id: UUID) -> None:
        self._check_owner(account_id)
        self._revoked(account_id=account_id)

    def announce_expiry(self) -> None:
        """Once for each end that it is given."""
        if self.expires_at is not None and not self.revoked and self.announced != self.expires_at:
            self._expiry_announced(self.account_id, self.expires_at)

    def _check_owner(self, account_id: UUID) -> None:
        if self.account_id != account_id or self.revoked:
            raise NotFound("token_not_found", "there is no token with this id")

    @event(Reissued)
    def _reissued(
        self,
        account_id: UUID,
        kind: str,
        name: Personal,
        scopes: list[str],
        workspace_ids: list[UUID] | None,
        prefix: str,
        digest: str,
        expires_at: datetime | None,
        epoch: int | None = None,
    ) -> None:
        self.name, self.scopes, self.workspace_ids = name, scopes, workspace_ids
        self.prefix, self.digest, self.expires_at, self.epoch = prefix, digest, expires_at, epoch
        self.issued_on = self.modified_on
        self.revoked, self.announced = False, None

    @event(Regenerated)
    def _regenerated(self, account_id: UUID, prefix: str, digest: str) -> None:
        self.prefix, self.digest = prefix, digest

    @event(ExpiryAnnounced)
    def _expiry_announced(self, account_id: UUID, expires_at: datetime) -> None:
        self.announced = expires_at

    @event(Revoked)
    def _revoked(self, account_id: UUID) -> None:
        self.revoked = True
