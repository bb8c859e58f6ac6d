"""The secret part of an invitation's link: derived when it is needed, so nobody can steal it from the database."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from services.chassis.errors import NotFound
from services.chassis.secrets import Keys

PREFIX = "gi_"


@dataclass(frozen=True, slots=True)
class Link:
    workspace_id: UUID
    invitation_id: UUID
    # Of an invitation they count from 1.
    round: int

    @classmethod
    def open(cls, workspace_id: UUID, link_id: UUID) -> "Link":
        return cls(workspace_id, link_id, 0)

    @property
    def is_open(self) -> bool:
        return self.round == 0

    def token(self, keys: Keys) -> str:
        packed = self.workspace_id.bytes + self.invitation_id.bytes + self.round.to_bytes(4)
        return f"{PREFIX}{urlsafe_b64encode(packed).decode()}.{self._signature(keys)}"

    @classmethod
    def read(cls, token: str, keys: Keys) -> "Link":
        """Raises NotFound for a token that is not from here, without a look into the database."""
        unknown = NotFound("invitation_unknown", "this link is damaged, or not from here")
        packed, _, signature = token.removeprefix(PREFIX).partition(".")
        try:
            data = urlsafe_b64decode(packed.encode("ascii"))
            link = cls(UUID(bytes=data[:16]), UUID(bytes=data[16:32]), int.from_bytes(data[32:36]))
        except ValueError:
            raise unknown from None
        # Compared whole, so that no second spelling of a token passes.
        if not signature.isascii() or not hmac.compare_digest(token.encode(), link.token(keys).encode()):
            raise unknown
        return link

    def _signature(self, keys: Keys) -> str:
        return keys.sign("invitation", str(self.workspace_id), str(self.invitation_id), str(self.round))
