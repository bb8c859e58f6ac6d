import secrets
from uuid import UUID

from services.chassis.views import Row
from services.workspaces.application.shared import Shared, no_workspace
from services.workspaces.domain import ADMIN, Slug, Workspace, personal_slug, slugify


class AboutWorkspaces(Shared):
    def create_workspace(self, account_id: UUID, name: str, slug: str | None = None) -> Row:
        """Its maker is its first administrator. Without a slug, a free one is made from the name."""
        chosen = slug or self._free_slug(slugify(name))
        workspace = Workspace(name=name, slug=chosen, personal=False, owner_id=account_id)
        claim = self._claim(chosen, workspace.id)
        workspace.join(account_id, ADMIN, limit=0)
        self.save(workspace, claim)
        return self._summary(workspace, account_id)

    def create_personal_workspace(self, account_id: UUID) -> UUID:
        """A repeat changes nothing, also after it was deleted."""
        workspace_id = Workspace.personal_id(account_id)
        if self.find(Workspace, workspace_id) is None:
            # Its slug holds its own id and needs no claim: nobody else can choose it.
            workspace = Workspace(name="Personal", slug=personal_slug(workspace_id), personal=True, owner_id=account_id)
            workspace.join(account_id, ADMIN, limit=0)
            self.save(workspace)
        return workspace_id

    def rename_workspace(self, workspace_id: UUID, name: str, account_id: UUID | None = None) -> Row:
        workspace = self._workspace(workspace_id)
        workspace.rename(name)
        self.save(workspace)
        return self._summary(workspace, account_id)

    def delete_workspace(self, workspace_id: UUID) -> None:
        workspace = self._workspace(workspace_id)
        workspace.delete()
        self.save(workspace, self._released(workspace))

    def get_workspace(self, workspace_id: UUID, account_id: UUID) -> Row:
        """To whoever is no member, it does not exist."""
        if (row := self.views.of_member(workspace_id, account_id)) is None:
            raise no_workspace()
        return self._limited(row)

    def list_workspaces(self, account_id: UUID, limit: int, cursor: str | None) -> Row:
        page = self.views.of_account(account_id, limit, cursor)
        return {**page, "items": [self._limited(row) for row in page["items"]]}

    def personal_workspace(self, account_id: UUID) -> UUID | None:
        workspace_id = Workspace.personal_id(account_id)
        return workspace_id if self.views.exists(workspace_id) else None

    def _free_slug(self, wanted: str) -> str:
        taken = self.find(Slug, Slug.create_id(wanted))
        return f"{wanted}-{secrets.token_hex(3)}" if taken and taken.workspace_id else wanted

    def _claim(self, slug: str, workspace_id: UUID) -> Slug:
        if (known := self.find(Slug, Slug.create_id(slug))) is None:
            return Slug.claimed(slug, workspace_id)
        known.claim(workspace_id)
        return known
