"""Rows of tokens and key pairs. Those of an erased account or a former epoch stay, and authenticate nobody; of the erased without names."""

from services.chassis.projections import Projection, on
from services.chassis.views import Rows
from services.identity.credential_views import approvals, key_pairs, tokens
from services.identity.domain import AccessToken, Account, DeviceAuthorization, KeyPair


class TokensProjection(Projection):
    name, version, tables = "tokens", 2, (tokens,)

    @on(AccessToken.Created, AccessToken.Reissued)
    def created(self, event: AccessToken.Created | AccessToken.Reissued, rows: Rows) -> None:
        rows.put(
            tokens,
            token_id=event.originator_id,
            account_id=event.account_id,
            kind=event.kind,
            name=event.name.value,
            scopes=event.scopes,
            workspace_ids=None if event.workspace_ids is None else [str(id) for id in event.workspace_ids],
            prefix=event.prefix,
            digest=event.digest,
            created_at=event.timestamp,
            expires_at=event.expires_at,
            made_in=event.epoch,
            announced=None,
        )

    @on(AccessToken.Regenerated)
    def regenerated(self, event: AccessToken.Regenerated, rows: Rows) -> None:
        rows.change(tokens, {"token_id": event.originator_id}, prefix=event.prefix, digest=event.digest)

    @on(AccessToken.ExpiryAnnounced)
    def expiry_announced(self, event: AccessToken.ExpiryAnnounced, rows: Rows) -> None:
        rows.change(tokens, {"token_id": event.originator_id}, announced=event.expires_at)

    @on(AccessToken.Revoked)
    def revoked(self, event: AccessToken.Revoked, rows: Rows) -> None:
        rows.remove(tokens, token_id=event.originator_id)

    @on(Account.Erased)
    def erased(self, event: Account.Erased, rows: Rows) -> None:
        rows.change_where(tokens, {"account_id": event.originator_id}, name=None)


class KeyPairsProjection(Projection):
    name, version, tables = "key_pairs", 2, (key_pairs,)

    @on(KeyPair.Created)
    def created(self, event: KeyPair.Created, rows: Rows) -> None:
        rows.put(
            key_pairs,
            key_pair_id=event.originator_id,
            account_id=event.account_id,
            workspace_id=event.workspace_id,
            access_key=event.access_key,
            digest=event.digest,
            label=event.label.value,
            created_at=event.timestamp,
            expires_at=event.expires_at,
            made_in=event.epoch,
            announced=None,
        )

    @on(KeyPair.Labelled)
    def labelled(self, event: KeyPair.Labelled, rows: Rows) -> None:
        rows.change(key_pairs, {"key_pair_id": event.originator_id}, label=event.label.value)

    @on(KeyPair.ExpiryAnnounced)
    def expiry_announced(self, event: KeyPair.ExpiryAnnounced, rows: Rows) -> None:
        rows.change(key_pairs, {"key_pair_id": event.originator_id}, announced=event.expires_at)

    @on(KeyPair.Revoked)
    def revoked(self, event: KeyPair.Revoked, rows: Rows) -> None:
        rows.remove(key_pairs, key_pair_id=event.originator_id)

    @on(Account.Erased)
    def erased(self, event: Account.Erased, rows: Rows) -> None:
        rows.change_where(key_pairs, {"account_id": event.originator_id}, label=None)


class ApprovalsProjection(Projection):
    """Device logins that were approved and whose token nobody has fetched yet."""

    name, tables = "device_approvals", (approvals,)

    @on(DeviceAuthorization.Approved)
    def approved(self, event: DeviceAuthorization.Approved, rows: Rows) -> None:
        rows.put(approvals, device_id=event.originator_id, account_id=event.account_id)

    @on(DeviceAuthorization.Redeemed, DeviceAuthorization.Cancelled)
    def over(self, event: DeviceAuthorization.Redeemed | DeviceAuthorization.Cancelled, rows: Rows) -> None:
        rows.remove(approvals, device_id=event.originator_id)
