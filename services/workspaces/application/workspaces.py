import secrets
from datetime import datetime
from uuid import UUID

from services.chassis.errors import LimitExceeded, NotFound
from services.chassis.views import Row
from services.workspaces.application.shared import Shared, no_workspace
from services.workspaces.domain import ADMIN, FormerAccount, Slug, Workspace, personal_slug, slugify


class AboutWorkspaces(Shared):
    def create_workspace(self, account_id: UUID, name: str, now: datetime, slug: str | None = None) -> Row:
        """Its maker is its first administrator. Without a slug, a free one is made from the name."""
        chosen = slug or self._free_slug(slugify(name))
        workspace = Workspace(name=name, slug=chosen, personal=False, owner_id=account_id)
        claim = self._claim(chosen, workspace.id)
        workspace.join(account_id, ADMIN, limit=0, now=now)
        with self._while_there_is(account_id):
            self.save(workspace, claim)
        return self._summary(workspace, account_id, now)

    def create_personal_workspace(self, account_id: UUID, now: datetime) -> UUID:
        """A repeat changes nothing, also after it was deleted; it may come late, after the account has gone."""
        workspace_id = Workspace.personal_id(account_id)
        if not any(self.find_all((Workspace, workspace_id), (FormerAccount, FormerAccount.create_id(account_id)))):
            # Its slug holds its own id and needs no claim: nobody else can choose it.
            workspace = Workspace(name="Personal", slug=personal_slug(workspace_id), personal=True, owner_id=account_id)
            workspace.join(account_id, ADMIN, limit=0, now=now)
            self.save(workspace)
        return workspace_id

    def change_workspace(
        self, workspace_id: UUID, now: datetime, name: str | None = None, slug: str | None = None, account_id: UUID | None = None
    ) -> Row:
        """A former slug is free for others at once; the id, and every link made of it, stays."""
        workspace = self._workspace(workspace_id)
        slugs = self._change_slug(workspace, slug) if slug and slug != workspace.slug else []
        if name:
            workspace.rename(name)
        self.save(workspace, *slugs)
        return self._summary(workspace, account_id, now)

    def set_member_limit(self, workspace_id: UUID, limit: int, now: datetime) -> None:
        """What the workspace's plan allows, instead of what the installation does; 0: no limit."""
        workspace = self._workspace(workspace_id)
        workspace.set_limit(limit, self.views.pending(workspace_id, now) if self.db else {})
        self.save(workspace)

    def reach_limit(self, workspace_id: UUID, metric: str, limit: int, until: datetime | None) -> None:
        workspace = self._workspace(workspace_id)
        workspace.reach_limit(metric, limit, until)
        self.save(workspace)

    def lift_limit(self, workspace_id: UUID, metric: str) -> None:
        workspace = self._workspace(workspace_id)
        workspace.lift_limit(metric)
        self.save(workspace)

    def growth(self, workspace_id: UUID, now: datetime) -> Row:
        """Why nothing new may be begun there, if so; ``until``: when the answer stops being true by itself."""
        workspace = self._workspace(workspace_id)
        ends = [until for _, until in workspace.reached.values() if until is not None and now < until]
        try:
            workspace.check_growth(now)
        except LimitExceeded as refusal:
            return {"refusal": refusal, "until": min(ends, default=None)}
        return {"refusal": None, "until": None}

    def delete_workspace(self, workspace_id: UUID) -> None:
        workspace = self._workspace(workspace_id)
        workspace.delete()
        self.save(workspace, self._released(workspace))

    def get_workspace(self, workspace_id: UUID, account_id: UUID, now: datetime) -> Row:
        """To whoever is no member, it does not exist."""
        if (row := self.views.of_member(workspace_id, account_id, now)) is None:
            raise no_workspace()
        return self._limited(row)

    def check_existed(self, workspace_id: UUID, moment: datetime) -> None:
        if moment < self.load(Workspace, workspace_id).created_on:
            raise NotFound("workspace_not_there_yet", "this workspace was made later", {"at": ["Lies before the workspace."]})

    def list_workspaces(self, account_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        page = self.views.of_account(account_id, now, limit, cursor)
        return {**page, "items": [self._limited(row) for row in page["items"]]}

    def personal_workspace(self, account_id: UUID) -> UUID | None:
        workspace_id = Workspace.personal_id(account_id)
        return workspace_id if self.views.exists(workspace_id) else None

    def _free_slug(self, wanted: str) -> str:
        taken = self.find(Slug, Slug.create_id(wanted))
        return f"{wanted}-{secrets.token_hex(3)}" if taken and taken.workspace_id else wanted

    def _change_slug(self, workspace: Workspace, slug: str) -> list[Slug | None]:
        claim, former = self._claim(slug, workspace.id), self._released(workspace)
        workspace.change_slug(slug)
        return [claim, former]

    def _claim(self, slug: str, workspace_id: UUID) -> Slug:
        if (known := self.find(Slug, Slug.create_id(slug))) is None:
            return Slug.claimed(slug, workspace_id)
        known.claim(workspace_id)
        return known
