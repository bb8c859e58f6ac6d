import json
import secrets
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import OKPKey

from services.chassis.errors import Unauthenticated
from services.chassis.jwts import ALGORITHM, AUDIENCE, TYPE
from services.identity.application.shared import Answer
from services.identity.application.tokens import Credentials
from services.identity.domain import KeyPair, RevokedJwt, SigningKeys

_SEAL = "signing-key"


class Signing(Credentials):
    def issue_jwt(
        self,
        *,
        account_id: UUID,
        credential_id: UUID,
        workspace_id: UUID,
        now: datetime,
        expires_in: int | None = None,
        claims: dict[str, Any] | None = None,
    ) -> Answer:
        """``claims`` are the caller's own; none of ours can be replaced by them."""
        pair = self.find(KeyPair, credential_id)
        if pair is None or (pair.account_id, pair.workspace_id) != (account_id, workspace_id) or not pair.live(now):
            raise Unauthenticated("credential_invalid", "this key is not valid, or no longer")
        expires_at = self._expiry(pair, expires_in, now)
        ours = {
            "iss": self.settings.url,
            "aud": AUDIENCE,
            "sub": str(account_id),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": uuid4().hex,
            "credential_id": str(credential_id),
            "workspace_id": str(workspace_id),
        }
        kid, key = self._signing_key()
        header = {"alg": ALGORITHM, "kid": kid, "typ": TYPE}
        return {"token": jwt.encode(header, {**(claims or {}), **ours}, key, algorithms=[ALGORITHM]), "expires_at": expires_at}

    def revoke_jwt(self, *, account_id: UUID, credential_id: UUID, jwt_id: UUID, expires_at: datetime, now: datetime) -> None:
        """Ends this one; others that were made from the pair go on. A repeat changes nothing, nor does one that has expired."""
        if now < expires_at and self.find(RevokedJwt, RevokedJwt.create_id(jwt_id)) is None:
            self.save(RevokedJwt(jwt_id=jwt_id, account_id=account_id, credential_id=credential_id, expires_at=expires_at))

    def credential(self, *, credential_id: UUID, now: datetime, jwt_id: UUID | None = None) -> Answer:
        """A token or key pair by its id, if it still works, and so does the JWT that was made from it."""
        if jwt_id and self.find(RevokedJwt, RevokedJwt.create_id(jwt_id)) is not None:
            raise Unauthenticated("credential_invalid", "this token was given up: log in again")
        return self.credentials.credential(credential_id, now)

    def jwks(self, now: datetime) -> Answer:
        keys = self.find(SigningKeys, SigningKeys.create_id())
        return {"keys": keys.believed(now) if keys else []}

    def rotate_signing_key(self, now: datetime) -> str:
        """Tokens signed by the former key go on working until they expire. Returns the new key's id."""
        keys, new = self.find(SigningKeys, SigningKeys.create_id()), self._new_key()
        if keys is None:
            keys = SigningKeys(**new)
        else:
            keys.rotate(**new, former_until=now + timedelta(hours=self.settings.jwt_longest_hours))
        self.save(keys)
        return keys.kid

    def _expiry(self, pair: KeyPair, expires_in: int | None, now: datetime) -> datetime:
        wish = timedelta(hours=self.settings.jwt_hours) if expires_in is None else timedelta(seconds=expires_in)
        end = now + min(wish, timedelta(hours=self.settings.jwt_longest_hours))
        return min(end, pair.expires_at) if pair.expires_at else end

    def _signing_key(self) -> tuple[str, OKPKey]:
        keys = self.find(SigningKeys, SigningKeys.create_id())
        if keys is None:
            keys = SigningKeys(**self._new_key())
            self.save(keys)
        private: dict[str, Any] = json.loads(self.keys.open(_SEAL, b64decode(keys.sealed)))
        return keys.kid, OKPKey.import_key(private)

    def _new_key(self) -> dict[str, Any]:
        kid = secrets.token_hex(8)
        key = OKPKey.generate_key("Ed25519", parameters={"kid": kid, "use": "sig", "alg": ALGORITHM})
        sealed = self.keys.seal(_SEAL, json.dumps(key.as_dict(private=True)).encode())
        return {"kid": kid, "public": key.as_dict(private=False), "sealed": b64encode(sealed).decode()}
