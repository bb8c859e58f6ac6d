import secrets
import string
from datetime import datetime
from uuid import UUID

from services.chassis.domain import Personal
from services.chassis.errors import NotFound
from services.identity.application.shared import Answer
from services.identity.application.tokens import Credentials
from services.identity.domain import KeyPair

_ACCESS_LETTERS = string.ascii_uppercase + string.digits
_ACCESS, _SECRET_BYTES = 30, 50


class KeyPairs(Credentials):
    def create_key_pair(
        self, *, account_id: UUID, workspace_id: UUID, now: datetime, label: str = "", expires_at: datetime | None = None
    ) -> Answer:
        """The answer is the only one that ever holds the secret. That its maker is a member is judged at every use."""
        maker = self._maker(account_id)
        self._check_expiry(expires_at, now)
        self._count_one(account_id, now)
        access_key, secret = "".join(secrets.choice(_ACCESS_LETTERS) for _ in range(_ACCESS)), _secret()
        pair = KeyPair(
            account_id=account_id,
            workspace_id=workspace_id,
            access_key=access_key,
            digest=self.keys.digest("key-pair", secret),
            label=Personal(account_id, label),
            expires_at=expires_at,
            epoch=maker.credential_epoch,
        )
        self.save(pair)
        return {**described_key_pair(pair), "secret_key": secret}

    def label_key_pair(self, *, account_id: UUID, workspace_id: UUID, access_key: str, label: str, admin: bool = False) -> Answer:
        pair = self._pair(workspace_id, access_key)
        pair.label_as(label, account_id, admin)
        self.save(pair)
        return described_key_pair(pair)

    def revoke_key_pair(self, *, account_id: UUID, workspace_id: UUID, access_key: str, admin: bool = False) -> Answer:
        pair = self._pair(workspace_id, access_key)
        pair.revoke(account_id, admin)
        self.save(pair)
        return {"id": pair.id}

    def end_membership(self, workspace_id: UUID, account_id: UUID, before: datetime) -> None:
        """Revokes the pairs made ``before`` then: who came back has made the later ones."""
        self._revoke_all(self.credentials.key_pair_ids(workspace_id=workspace_id, account_id=account_id), before)

    def end_workspace(self, workspace_id: UUID, before: datetime) -> None:
        self._revoke_all(self.credentials.key_pair_ids(workspace_id=workspace_id), before)

    def _revoke_all(self, ids: list[UUID], before: datetime) -> None:
        pairs = [pair for id in ids if not (pair := self.load(KeyPair, id)).revoked and pair.created_on < before]
        for pair in pairs:
            pair.revoke(pair.account_id)
        self.save(*pairs)

    def _pair(self, workspace_id: UUID, access_key: str) -> KeyPair:
        pair = self.find(KeyPair, KeyPair.create_id(access_key))
        if pair is None or pair.workspace_id != workspace_id:
            raise NotFound("key_pair_not_found", "there is no such access key")
        return pair


def described_key_pair(pair: KeyPair) -> Answer:
    return {
        "id": pair.id,
        "access_key": pair.access_key,
        "label": pair.label.value,
        "created_by": pair.account_id,
        "created_at": pair.created_on,
        "expires_at": pair.expires_at,
        "last_used_at": None,
        "last_used_ip": None,
        "last_used_from": None,
    }


def _secret() -> str:
    """67 url-safe characters; the first is no dash or underscore, which some shells and parsers take for something else."""
    while (found := secrets.token_urlsafe(_SECRET_BYTES))[0] in "-_":
        pass
    return found
