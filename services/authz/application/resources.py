from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from services.authz.application.shared import Shared, check_paid, tree_key
from services.authz.domain import Rule, Tree
from services.authz.domain.registration import PROJECT, UNCHANGED, Key, Known, Registration, Resource
from services.authz.engine.along import allowed_along
from services.chassis.errors import LimitExceeded, NotFound, ServiceError
from services.chassis.views import Row

# A list looks at so many pages of what there is for one page of what may be read.
_LOOKS = 20

Change = dict[str, Any]
Outcome = str | ServiceError


class Resources(Shared):
    def put_resource(
        self,
        workspace_id: UUID,
        account_id: UUID,
        now: datetime,
        dry_run: bool = False,
        no_room: Mapping[str, Any] | None = None,
        **resource: Any,
    ) -> Row:
        """``no_room``: why the workspace may not grow, if so. What there is may still be renamed and moved."""
        return self._one(workspace_id, account_id, {"op": "put", **resource}, now, dry_run, no_room)

    def delete_resource(self, workspace_id: UUID, account_id: UUID, now: datetime, dry_run: bool = False, **resource: Any) -> Row:
        """The rules on it end with it."""
        return self._one(workspace_id, account_id, {"op": "delete", **resource}, now, dry_run)

    def change_resources(
        self,
        workspace_id: UUID,
        account_id: UUID,
        changes: Sequence[Change | ServiceError],
        now: datetime,
        dry_run: bool = False,
        no_room: Mapping[str, Any] | None = None,
    ) -> tuple[list[Outcome], Row]:
        """In order, each on what the ones before it left, and in the end all that are good together. What is so already is no change.

        Answers for each what it did, or why it did nothing (what is refused already stays refused), and the impact of a dry run.
        """
        self._check_batch(changes, self.settings.resource_batch)
        outcomes, impact = self._changed(workspace_id, account_id, changes, now, dry_run, no_room)
        return outcomes, impact or {}

    def list_resources(self, workspace_id: UUID, account_id: UUID, now: datetime, limit: int, cursor: str | None, **filters: Any) -> Row:
        """What the caller may read. A page may be short and yet not the last."""
        wanted = {name: value for name, value in filters.items() if value is not None}
        if "parent_id" in wanted and self.views.resource(workspace_id, PROJECT, wanted["parent_id"]) is None:
            raise no_resource()
        items: list[Row] = []
        for _ in range(_LOOKS):
            page = self.views.resources(workspace_id, limit - len(items), cursor, **wanted)
            with self.indexes.reading(workspace_id) as reading:
                check_paid(reading.index, workspace_id)
                may_read = partial(reading.index.allowed, str(account_id), "read", now=now.timestamp())
                items += [row for row in page["items"] if may_read(row["type"], row["id"])]
            cursor = page["next_cursor"]
            if cursor is None or len(items) == limit:
                break
        return {"items": items, "next_cursor": cursor}

    def _one(
        self,
        workspace_id: UUID,
        account_id: UUID,
        change: Change,
        now: datetime,
        dry_run: bool,
        no_room: Mapping[str, Any] | None = None,
    ) -> Row:
        (outcome,), impact = self._changed(workspace_id, account_id, [change], now, dry_run, no_room)
        if isinstance(outcome, ServiceError):
            raise outcome
        if outcome == UNCHANGED and change["op"] == "delete":
            raise no_resource()
        return impact or {**change, "status": outcome}

    def _changed(
        self,
        workspace_id: UUID,
        account_id: UUID,
        changes: Sequence[Change | ServiceError],
        now: datetime,
        dry_run: bool,
        no_room: Mapping[str, Any] | None,
    ) -> tuple[list[Outcome], Row | None]:
        # Whoever else changes the tree waits, instead of finding in the end that it decided by what is no longer so.
        with self.database.turn(tree_key(workspace_id)):
            registration, outcomes = self._decided(workspace_id, account_id, changes, now, no_room)
            impact = None
            if registration.changes or dry_run:
                ended = self._ended(workspace_id, registration.deleted)
                impact = self._settle(workspace_id, now, dry_run, self._tree(workspace_id, registration), *ended)
        return outcomes, impact

    def _decided(
        self,
        workspace_id: UUID,
        account_id: UUID,
        changes: Sequence[Change | ServiceError],
        now: datetime,
        no_room: Mapping[str, Any] | None,
    ) -> tuple[Registration, list[Outcome]]:
        sound = [change for change in changes if not isinstance(change, ServiceError)]
        known = self._known(workspace_id, sound)
        with self.indexes.reading(workspace_id) as reading:
            check_paid(reading.index, workspace_id)
            may = partial(allowed_along, reading.index, str(account_id), now=now.timestamp())
            refusal = LimitExceeded(**no_room) if no_room else None
            registration = Registration(known, lambda action, line: may(action, line), self.settings.resource_depth, refusal)
            outcomes = [change if isinstance(change, ServiceError) else _outcome(registration, change) for change in changes]
        left = registration.settle()
        return registration, [
            outcome if isinstance(change, ServiceError) or outcome != "deleted" else left.get(_key(change), outcome)
            for change, outcome in zip(changes, outcomes, strict=True)
        ]

    def _known(self, workspace_id: UUID, changes: Sequence[Change]) -> Known:
        named = {_key(change) for change in changes} | {(PROJECT, change["parent"]) for change in changes if change.get("parent")}
        rows = self.views.lines(workspace_id, sorted(named))
        resources = {(row["type"], row["id"]): Resource(row["name"], row["parent_id"]) for row in rows}
        projects = [(change, resources[key]) for change in changes if (key := _key(change)) in resources and key[0] == PROJECT]
        leaving = [change["id"] for change, _ in projects if change["op"] == "delete"]
        moving = [change["id"] for change, before in projects if change["op"] == "put" and change.get("parent") != before.parent]
        return Known(
            resources=resources,
            children=self.views.children(workspace_id, leaving),
            heights=self.views.heights(workspace_id, moving),
        )

    def _ended(self, workspace_id: UUID, deleted: Sequence[Key]) -> list[Rule]:
        rule_ids = self.views.rules_on(workspace_id, deleted) if deleted else []
        rules: list[Rule] = self.find_all(*((Rule, rule_id) for rule_id in rule_ids)) if rule_ids else []
        for rule in rules:
            rule.delete()
        return rules

    def _tree(self, workspace_id: UUID, registration: Registration) -> Tree:
        tree = self.find(Tree, Tree.create_id(workspace_id)) or Tree(workspace_id=workspace_id)
        tree.change(registration.changes)
        return tree


def no_resource() -> NotFound:
    return NotFound("resource_not_found", "there is no such resource in this workspace")


def _key(change: Change) -> Key:
    return change["type"], change["id"]


def _outcome(registration: Registration, change: Change) -> Outcome:
    try:
        if change["op"] == "delete":
            return registration.delete(_key(change))
        return registration.put(_key(change), change["name"], change.get("parent"))
    except ServiceError as error:
        return error
