from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.errors import Conflict, Unprocessable
from services.chassis.views import Row
from services.vault import links
from services.vault.application.cloud_credentials import CloudCredentials
from services.vault.domain import SecretLink


class SecretLinks(CloudCredentials):
    """Links that hand a cloud credential over, once."""

    def make_secret_link(
        self,
        *,
        credential_id: UUID,
        account_id: UUID,
        use: str,
        now: datetime,
        minutes: int | None = None,
        owner_id: UUID | None = None,
        workspace_id: UUID | None = None,
    ) -> Row:
        """The answer is the only one that ever holds the token."""
        credential = self._credential(credential_id, owner_id, workspace_id)
        credential.check_use(use)
        if (lasts := minutes or min(15, self.settings.secret_link_minutes)) > self.settings.secret_link_minutes:
            raise Unprocessable("invalid_fields", "see errors", {"minutes": [f"Not more than {self.settings.secret_link_minutes}."]})
        link = SecretLink(
            credential_id=credential_id,
            owner_id=owner_id,
            workspace_id=workspace_id,
            made_by=account_id,
            use=use,
            expires_at=now + timedelta(minutes=lasts),
        )
        self.save(link)
        return {"id": link.id, "token": links.token(link.id, self.keys), "use": use, "expires_at": link.expires_at}

    def open_secret_link(self, token: str, now: datetime) -> Row:
        """Of two who open it at once, one wins: the store takes one event for each version of the link."""
        link = self.load(SecretLink, links.read(token, self.keys))
        if not link.open(now):
            self.save(link)
            raise Conflict("secret_link_used", "this link was opened before, and whoever made it has been told that it was tried again")
        credential = self._credential(link.credential_id, link.owner_id, link.workspace_id)
        return self._given(credential, link.use, link.id, link)
