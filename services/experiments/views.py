"""The tables of this service, and what is asked of them. No event stands behind the rows of runs: the latest report is all there is."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.views import Row, Table, Views

experiments = Table(
    "experiments",
    key=("id",),
    columns={
        "id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "account_id": "uuid",
        "repo_url": "text NOT NULL",
        "baseline_sha": "text NOT NULL",
        "name": "text NOT NULL",
        "subdir": "text",
        "client": "text NOT NULL",
        "message": "text",
        "status": "text NOT NULL",
        "step": "bigint",
        "params": "jsonb NOT NULL",
        "metrics": "jsonb NOT NULL",
        "truncated": "boolean NOT NULL",
        "experiment_rev": "text",
        "pushed": "boolean NOT NULL",
        "started_at": "timestamptz NOT NULL",
        "updated_at": "timestamptz NOT NULL",
        "finished_at": "timestamptz",
    },
    indexes=("workspace_id, updated_at", "updated_at"),
)

closed_workspaces = Table("closed_workspaces", key=("workspace_id",), columns={"workspace_id": "uuid NOT NULL"})

# A killed process says nothing any more, so silence is all there is to tell it by.
_LISTED = """SELECT *, CASE WHEN status = 'running' AND updated_at <= %s THEN 'stale' ELSE status END AS state
    FROM experiments WHERE workspace_id = %s AND updated_at > %s"""

_OF_COMMITS = """SELECT baseline_sha, name, pushed FROM experiments
    WHERE workspace_id = %s AND updated_at > %s AND repo_url = %s AND baseline_sha = ANY(%s) ORDER BY started_at, id LIMIT 1000"""


class ExperimentsViews(Views):
    def closed(self, workspace_id: UUID) -> bool:
        return self.one("SELECT 1 FROM closed_workspaces WHERE workspace_id = %s", workspace_id) is not None

    def of_workspace(self, workspace_id: UUID, stale: datetime, old: datetime, limit: int, cursor: str | None) -> Row:
        """Newest first."""
        return self.page(_LISTED, stale, workspace_id, old, limit=limit, cursor=cursor, order=("started_at", "id"), descending=True)

    def of_commits(self, workspace_id: UUID, old: datetime, repo_url: str, commits: Sequence[str]) -> list[Row]:
        return self.all(_OF_COMMITS, workspace_id, old, repo_url, list(commits))
