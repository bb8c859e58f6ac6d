"""Taking reports in, and telling what is known of runs."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.chassis.application import Application
from services.chassis.errors import LimitExceeded, PermissionDenied
from services.chassis.views import Row
from services.experiments.domain import Push, Report
from services.experiments.events import PUBLIC
from services.experiments.records import Records
from services.experiments.schemas import EXPERIMENT_REF
from services.experiments.views import ExperimentsViews

# Deeper nesting than any metric has; encoders give up only far beyond.
_DEEPEST = 30


class Experiments(Application):
    name = "experiments"
    public = PUBLIC
    views: ExperimentsViews
    records: Records

    def setup(self) -> None:
        if self.db:
            self.views, self.records = ExperimentsViews(self.db), Records(self.db)

    def report(self, now: datetime, no_room: dict[str, Any] | None = None, **report: Any) -> UUID:
        """A report of unknown or forgotten runs makes their record anew, whatever came before.

        ``no_room``: what unknown runs are refused with, when the workspace may not grow.
        """
        self._check_paid(report["workspace_id"])
        if no_room and not self.records.known(_id(report)):
            raise LimitExceeded(**no_room)
        most = self.settings.experiment_bytes
        kept = {part: _small(report[part] or {}, most) for part in ("params", "metrics")}
        done = report["type"] == "done"
        values = report | {
            "id": _id(report),
            "now": now,
            "status": "done" if done else "running",
            "finished_at": now if done else None,
            "truncated": None in kept.values(),
            **{part: value or {} for part, value in kept.items()},
        }
        with self.database.transaction():
            if self.records.report(values, most):
                self.records.keep(report["workspace_id"], self.settings.experiments_kept)
            if report["type"] != "data":
                self.save(Report(kind=report["type"], run_id=_id(report), **_who(report)))
        return _id(report)

    def pushes(self, now: datetime, pushed: list[str], removed: list[str], **whose: Any) -> None:
        """References of other kinds, or malformed ones, are none of our business."""
        self._check_paid(whose["workspace_id"])
        with self.database.transaction():
            fresh = [self.records.pushed(values) for values in _named(pushed, whose, now)]
            for values in _named(removed, whose, now):
                self.records.withdrawn(values["id"])
            if any(fresh):
                self.records.keep(whose["workspace_id"], self.settings.experiments_kept)
            if pushed or removed:
                self.save(Push(pushed=len(pushed), removed=len(removed), **_who(whose)))

    def list_experiments(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None) -> Row:
        self._check_paid(workspace_id)
        stale = now - timedelta(minutes=self.settings.experiment_stale_minutes)
        return self.views.of_workspace(workspace_id, stale, self._old(now), limit, cursor)

    def of_commits(self, workspace_id: UUID, repo_url: str, commits: list[str], now: datetime) -> list[Row]:
        self._check_paid(workspace_id)
        return self.views.of_commits(workspace_id, self._old(now), repo_url, commits)

    def forget_workspace(self, workspace_id: UUID) -> None:
        self.records.forget_workspace(workspace_id)

    def forget_account(self, account_id: UUID) -> None:
        """What was reported stays its workspace's; who reported it is forgotten."""
        self.records.forget_account(account_id)

    def tidy(self, now: datetime) -> None:
        self.records.remove_before(self._old(now))

    def _check_paid(self, workspace_id: UUID) -> None:
        if self.views.closed(workspace_id):
            url = f"/v1/workspaces/{workspace_id}"
            raise PermissionDenied("payment_required", f"runs are closed until the workspace has paid what GET {url}/invoices says is due")

    def _old(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.experiment_days)


def _id(run: Row) -> UUID:
    return uuid5(run["workspace_id"], json.dumps([run["repo_url"], run["baseline_sha"], run["name"]]))


def _who(said: dict[str, Any]) -> dict[str, UUID]:
    return {name: said[name] for name in ("workspace_id", "account_id")}


def _named(refs: list[str], whose: Row, now: datetime) -> list[Row]:
    found = [match.groups() for ref in refs if (match := EXPERIMENT_REF.fullmatch(ref))]
    runs = [whose | {"baseline_sha": first + rest, "name": name, "now": now} for first, rest, name in found]
    # In one order, so that two pushes at once do not wait for each other in a circle.
    return sorted((run | {"id": _id(run)} for run in runs), key=lambda run: run["id"])


def _small(value: Row, most: int) -> Row | None:
    """``None`` instead of what is too large or too deep to be kept."""
    return value if _depth(value) <= _DEEPEST and len(json.dumps(value, ensure_ascii=False)) <= most else None


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        if depth > _DEEPEST:
            break
        level = [child for item in level if isinstance(item, dict | list) for child in (item.values() if isinstance(item, dict) else item)]
    return depth
