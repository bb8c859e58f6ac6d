import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.authz.domain import Group, Nesting, Rule, Tree
from services.authz.engine.feed import Feed
from services.authz.engine.impact import Impact, Right, impact
from services.authz.engine.index import Index
from services.authz.engine.indexes import PATIENCE, Indexes
from services.authz.engine.trial import Change
from services.authz.events import PUBLIC
from services.authz.projections import OWN, REPLAYED
from services.authz.views import AuthzViews
from services.chassis.application import Application
from services.chassis.domain import Aggregate
from services.chassis.errors import NotFound, PermissionDenied, Unavailable, Unprocessable
from services.chassis.views import Row

# Why somebody who might do it may not for now.
UNPAID = "payment_required"
# The reaction that copies membership into the own log.
MEMBERSHIPS = "memberships"
_PAUSE = 0.005
# Of what a change would do, so many rights are told one by one; the totals are always complete.
_TOLD = 1_000


class Shared(Application):
    """What all use cases of this service stand on."""

    projections, replayed = OWN, REPLAYED
    public = PUBLIC
    # Of trees only the last event is ever wanted, and each may hold a thousand changes.
    snapshotting_intervals = {Group: 20, Nesting: 50, Rule: 50, Tree: 10}  # noqa: RUF012
    views: AuthzViews
    indexes: Indexes

    def setup(self) -> None:
        if self.db:
            self.views = AuthzViews(self.db)
            self.indexes = Indexes(self, self.settings.index_megabytes)

    def close(self) -> None:
        if self.db and not self.closing.is_set():
            self.indexes.close()
        super().close()

    def heard(self) -> int:
        """How much of the log of workspaces is known here."""
        return self.views.heard(MEMBERSHIPS, "workspaces")

    def hear(self, position: int, patience: float = PATIENCE) -> None:
        """A caller who just changed a membership waits until it is known here; the bus needs a few milliseconds."""
        deadline = time.monotonic() + patience
        while self.heard() < position:
            if time.monotonic() > deadline:
                raise Unavailable("not_caught_up", "this service has not heard of that position yet: try again", {"retry_after": 1})
            time.sleep(_PAUSE)

    def _tenures(self, workspace_id: UUID, account_ids: Iterable[UUID], field: str, now: datetime) -> dict[str, int]:
        wanted = {str(account_id) for account_id in account_ids}
        found = self.views.tenures(workspace_id, wanted, now)
        if missing := sorted(wanted - found.keys()):
            raise NotFound("member_not_found", "name members of this workspace only", {field: [f"No member: {id}" for id in missing[:10]]})
        return found

    def _check_batch(self, batch: Sequence[Any], most: int) -> None:
        if len(batch) > most:
            raise Unprocessable("batch_too_large", f"send at most {most} in one call", {"limit": [f"At most {most}."]})

    def _settle(self, workspace_id: UUID, now: datetime, dry_run: bool, *aggregates: Aggregate | None) -> Row | None:
        """Saves; or, for a dry run, tells what it would do and saves nothing."""
        if dry_run:
            return self._impact(workspace_id, now, *aggregates)
        self.save(*aggregates)
        return None

    def _impact(self, workspace_id: UUID, now: datetime, *aggregates: Aggregate | None) -> Row:
        """Of what was decided and is not saved yet."""
        changes = _Changes()
        for event in (event for aggregate in aggregates if aggregate for event in aggregate.pending_events):
            Feed().apply(event, changes, 0)  # type: ignore[arg-type]
        with self.indexes.reading(workspace_id) as reading:
            return told(impact(reading.index, changes.made, now.timestamp(), _TOLD))


class _Changes:
    """Stands where an index would, and keeps what it is told."""

    def __init__(self) -> None:
        self.made: list[Change] = []

    def __getattr__(self, method: str) -> Any:
        return lambda *arguments: self.made.append(Change(method, arguments))


def told(found: Impact) -> Row:
    sides = {"gains": found.gains, "loses": found.loses}
    return {
        **{name: [_right(right) for right in side.rights] for name, side in sides.items()},
        **{f"{name}_total": side.total for name, side in sides.items()},
    }


def _right(right: Right) -> Row:
    return {"principal": right.account, "resource": {"type": right.type, "id": right.id}, "permission": right.permission}


def check_paid(index: Index, workspace_id: UUID) -> None:
    if index.suspended:
        url = f"/v1/workspaces/{workspace_id}"
        raise PermissionDenied(
            UNPAID,
            f"the projects of this workspace are closed until it has paid: GET {url}/invoices says what, PUT {url}/payment-method how",
        )


def tree_key(workspace_id: UUID) -> str:
    """Of the lock that whoever changes the tree holds; whoever makes a rule on a resource shares it, lest that goes meanwhile."""
    return f"tree {workspace_id}"
