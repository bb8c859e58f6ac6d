"""Key pairs with which programs work in one workspace."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import NotFound, PermissionDenied


class KeyPair(Aggregate):
    """An access key, which is no secret, and a keyed digest of the secret that belongs to it. It also ends with its account."""

    TOPIC = "identity.key_pair"

    class Created(Aggregate.Created):
        TOPIC = "identity.key_pair.created"
        account_id: UUID
        workspace_id: UUID
        access_key: str
        digest: str
        label: Personal
        expires_at: datetime | None
        epoch: int | None = None

    class Labelled(Aggregate.Event):
        TOPIC = "identity.key_pair.labelled"
        account_id: UUID
        workspace_id: UUID
        label: Personal

    class Revoked(Aggregate.Event):
        TOPIC = "identity.key_pair.revoked"
        account_id: UUID
        workspace_id: UUID

    class ExpiryAnnounced(Aggregate.Event):
        TOPIC = "identity.key_pair.expiry_announced"
        account_id: UUID
        workspace_id: UUID
        expires_at: datetime

    @event(Created)
    def __init__(
        self,
        account_id: UUID,
        workspace_id: UUID,
        access_key: str,
        digest: str,
        label: Personal,
        expires_at: datetime | None,
        epoch: int | None = None,
    ) -> None:
        self.account_id, self.workspace_id, self.access_key = account_id, workspace_id, access_key
        self.digest, self.label, self.expires_at, self.epoch = digest, label, expires_at, epoch
        self.revoked = False
        # The end that its owner was told of.
        self.announced: datetime | None = None

    @staticmethod
    def create_id(access_key: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"/identity/key-pairs/{access_key}")

    def label_as(self, label: str, by: UUID, admin: bool) -> None:
        self._check_may(by, admin)
        if label != self.label.value:
            self._labelled(self.account_id, self.workspace_id, Personal(self.account_id, label))

    def revoke(self, by: UUID, admin: bool = False) -> None:
        """For good. ``admin``: whether ``by`` administrates the pair's workspace."""
        self._check_may(by, admin)
        self._revoked(self.account_id, self.workspace_id)

    def live(self, now: datetime) -> bool:
        return not self.revoked and (self.expires_at is None or now < self.expires_at)

    def announce_expiry(self) -> None:
        """Once for each end that it is given."""
        if self.expires_at is not None and not self.revoked and self.announced != self.expires_at:
            self._expiry_announced(self.account_id, self.workspace_id, self.expires_at)

    def _check_may(self, by: UUID, admin: bool) -> None:
        if self.revoked:
            raise NotFound("key_pair_not_found", "there is no such access key")
        if by != self.account_id and not admin:
            raise PermissionDenied("key_pair_of_another", "only its maker or an administrator of the workspace may do this")

    @event(Labelled)
    def _labelled(self, account_id: UUID, workspace_id: UUID, label: Personal) -> None:
        self.label = label

    @event(ExpiryAnnounced)
    def _expiry_announced(self, account_id: UUID, workspace_id: UUID, expires_at: datetime) -> None:
        self.announced = expires_at

    @event(Revoked)
    def _revoked(self, account_id: UUID, workspace_id: UUID) -> None:
        self.revoked = True
