from datetime import datetime, timedelta
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from services.identity.application.tokens import Credentials
from services.identity.domain import AccessToken, KeyPair

_BATCH = 100


class Expiry(Credentials):
    """Telling people of credentials that are about to expire."""

    def tidy(self, now: datetime) -> None:
        super().tidy(now)
        until = now + timedelta(days=self.settings.expiry_notice_days)
        # A batch of which nothing could be told is in the hands of another worker.
        while sum(self._announce(id) for id in self.credentials.expiring(now, until, _BATCH)):
            pass

    def expiring(self, credential_id: UUID, expires_at: datetime) -> str | None:
        """What it is called, for the mail; None if it has ended meanwhile, or has another end."""
        held = self._held(credential_id)
        if held is None or held.revoked or held.expires_at != expires_at:
            return None
        if isinstance(held, AccessToken):
            return f'The access token {held.prefix}… "{held.name.value}"'
        return f'The key pair {held.access_key} "{held.label.value}"'

    def _announce(self, credential_id: UUID) -> bool:
        if (held := self._held(credential_id)) is None:
            return False
        held.announce_expiry()
        try:
            return bool(self.save(held))
        except IntegrityError:
            # Somebody else changed it, or told of it, at this moment: the next time it is looked at anew.
            return False

    def _held(self, credential_id: UUID) -> AccessToken | KeyPair | None:
        token, pair = self.find_all((AccessToken, credential_id), (KeyPair, credential_id))
        found: AccessToken | KeyPair | None = token or pair
        return found
