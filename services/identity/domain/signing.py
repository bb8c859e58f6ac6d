"""The keys that sign JWTs."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from services.chassis.domain import Aggregate, event


class SigningKeys(Aggregate):
    """There is one set: the key that signs now, and the public halves of those whose tokens may still be about."""

    TOPIC = "identity.signing_keys"

    class Created(Aggregate.Created):
        TOPIC = "identity.signing_keys.opened"
        kid: str
        public: dict[str, Any]
        # The private half, encrypted with the installation's key.
        sealed: str

    class Rotated(Aggregate.Event):
        TOPIC = "identity.signing_keys.rotated"
        kid: str
        public: dict[str, Any]
        sealed: str
        former_until: datetime

    @event(Created)
    def __init__(self, kid: str, public: dict[str, Any], sealed: str) -> None:
        self.kid, self.sealed = kid, sealed
        self.keys: dict[str, dict[str, Any]] = {kid: public}
        self.until: dict[str, datetime] = {}

    @staticmethod
    def create_id() -> UUID:
        return uuid5(NAMESPACE_URL, "/identity/signing-keys")

    def rotate(self, kid: str, public: dict[str, Any], sealed: str, former_until: datetime) -> None:
        """``former_until``: when the last token that the former key may have signed has expired."""
        self._rotated(kid=kid, public=public, sealed=sealed, former_until=former_until)

    def believed(self, now: datetime) -> list[dict[str, Any]]:
        """The public keys that verify."""
        return [public for kid, public in self.keys.items() if kid not in self.until or now < self.until[kid]]

    @event(Rotated)
    def _rotated(self, kid: str, public: dict[str, Any], sealed: str, former_until: datetime) -> None:
        self.until[self.kid] = former_until
        self.keys[kid] = public
        self.kid, self.sealed = kid, sealed
