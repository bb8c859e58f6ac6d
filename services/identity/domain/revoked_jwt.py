"""JWTs that were given up before they expired."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event


class RevokedJwt(Aggregate):
    """A JWT is known nowhere until it is revoked: then it has a stream, whose id derives from the token's own."""

    TOPIC = "identity.jwt"

    class Created(Aggregate.Created):
        TOPIC = "identity.jwt.revoked"
        jwt_id: UUID
        account_id: UUID
        credential_id: UUID
        expires_at: datetime

    @event(Created)
    def __init__(self, jwt_id: UUID, account_id: UUID, credential_id: UUID, expires_at: datetime) -> None:
        self.account_id, self.credential_id, self.expires_at = account_id, credential_id, expires_at

    @staticmethod
    def create_id(jwt_id: UUID) -> UUID:
        return uuid5(NAMESPACE_URL, f"/identity/revoked-jwts/{jwt_id}")
