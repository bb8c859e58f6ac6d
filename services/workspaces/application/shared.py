from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.application import Application
from services.chassis.errors import NotFound, Unauthenticated
from services.chassis.throttle import Throttle, client
from services.chassis.views import Row
from services.workspaces.domain import FormerAccount, Slug, Workspace
from services.workspaces.events import PUBLIC
from services.workspaces.links import Link
from services.workspaces.projections import OWN, REPLAYED
from services.workspaces.views import WorkspacesViews


class Shared(Application):
    """What all use cases of this service stand on."""

    projections, replayed = OWN, REPLAYED
    public = PUBLIC
    snapshotting_intervals = {Workspace: 50}  # noqa: RUF012
    views: WorkspacesViews

    def setup(self) -> None:
        self._guesses = Throttle(self.db, "invitation-guessed", timedelta(minutes=15))
        if self.db:
            self.views = WorkspacesViews(self.db)

    def _link(self, token: str, now: datetime) -> Link:
        """Raises NotFound for a token that is not from here, and for any once a client has come with too many of those."""
        guesses, origin = self.settings.invitation_guesses, client()
        self._guesses.check(origin, guesses, now)
        try:
            return Link.read(token, self.keys)
        except NotFound:
            self._guesses.take(origin, guesses, now)
            raise

    @contextmanager
    def _one_by_one(self, workspace_id: UUID) -> Iterator[None]:
        """For what many do to one workspace at the same moment: racing for its stream, some would lose time after time."""
        if self.db is None:
            yield
        else:
            with self.db.turn(str(workspace_id)):
                yield

    @contextmanager
    def _while_there_is(self, account_id: UUID) -> Iterator[None]:
        """For what makes a member of an account: one that is erased meanwhile loses it again, and one that was gets nothing."""
        with self.db.transaction() if self.db else nullcontext():
            if self.db:
                self.db.lock(account_key(account_id), shared=True)
            if self.find(FormerAccount, FormerAccount.create_id(account_id)):
                raise Unauthenticated("account_erased", "this account is gone")
            yield

    def _workspace(self, workspace_id: UUID) -> Workspace:
        workspace = self.load(Workspace, workspace_id)
        if workspace.deleted:
            raise no_workspace()
        return workspace

    def _released(self, workspace: Workspace) -> Slug | None:
        """Its slug, free for others; that of a personal one was never claimed."""
        if (slug := self.find(Slug, Slug.create_id(workspace.slug))) is not None:
            slug.release(workspace.id)
        return slug

    def _summary(self, workspace: Workspace, account_id: UUID | None, now: datetime) -> Row:
        """As the view tells it, for the role of this account."""
        pending = self.views.pending_count(workspace.id, now) if self.db else len(workspace.seats)
        return self._limited(
            {
                "id": workspace.id,
                "name": workspace.name,
                "slug": workspace.slug,
                "personal": workspace.personal,
                "role": workspace.role_of(account_id, now) if account_id else None,
                "expires_at": workspace.terms.get(str(account_id)),
                "member_count": workspace.member_count(now),
                "pending_count": pending,
                "member_limit": workspace.limit,
                "created_at": workspace.created_on,
            }
        )

    def _limit(self, workspace: Workspace) -> int:
        return self.settings.member_limit if workspace.limit is None else workspace.limit

    def _limited(self, row: Row) -> Row:
        limit = self.settings.member_limit if row["member_limit"] is None else row["member_limit"]
        return {**row, "member_limit": limit or None}


def no_workspace() -> NotFound:
    return NotFound("workspace_not_found", "there is no workspace with this id")


def account_key(account_id: UUID) -> str:
    """Of the lock that whoever erases the account holds; whoever makes a member of it shares it."""
    return f"account {account_id}"
