from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.authz.application.groups import Groups
from services.authz.application.resources import no_resource
from services.authz.application.shared import tree_key
from services.authz.domain import Rule, Terms
from services.authz.domain.rule import check_assignees
from services.chassis.errors import NotFound, Unprocessable
from services.chassis.views import Row


class Rules(Groups):
    def create_rule(self, workspace_id: UUID, now: datetime, dry_run: bool = False, **said: Any) -> Row:
        with self.database.transaction():
            terms = self._terms(workspace_id, now, **said)
            rule = Rule.made(workspace_id, terms, self.settings.rule_assignees, now)
            return self._settle(workspace_id, now, dry_run, rule) or self.get_rule(workspace_id, rule.id)

    def change_rule(
        self,
        workspace_id: UUID,
        rule_id: UUID,
        now: datetime,
        version: int | None = None,
        dry_run: bool = False,
        **said: Any,
    ) -> Row:
        """Everything it says, in one step."""
        with self.database.transaction():
            rule = self._rule(workspace_id, rule_id)
            rule.expect(version)
            rule.change(self._terms(workspace_id, now, **said), self.settings.rule_assignees, now)
            return self._settle(workspace_id, now, dry_run, rule) or self.get_rule(workspace_id, rule_id)

    def delete_rule(self, workspace_id: UUID, rule_id: UUID, now: datetime, version: int | None = None, dry_run: bool = False) -> Row:
        """The last one on a resource opens it again: answers who gains and who loses what by it."""
        rule = self._rule(workspace_id, rule_id)
        rule.expect(version)
        rule.delete()
        impact = self._impact(workspace_id, now, rule)
        if not dry_run:
            self.save(rule)
        return impact

    def get_rule(self, workspace_id: UUID, rule_id: UUID) -> Row:
        if (row := self.views.rule(workspace_id, rule_id)) is None:
            raise _no_rule()
        return row

    def list_rules(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None, **filters: Any) -> Row:
        """Who is filtered for is named by the rules himself, not through a group."""
        wanted = {name: value for name, value in filters.items() if value is not None}
        self._check_filters(workspace_id, now, wanted)
        return self.views.rules(workspace_id, limit, cursor, **wanted)

    def _check_filters(self, workspace_id: UUID, now: datetime, wanted: Row) -> None:
        if "resource_id" in wanted:
            if "resource_type" not in wanted:
                raise Unprocessable("filter_incomplete", "name the type of that resource too", {"resource_type": ["Missing."]})
            self._check_resource(workspace_id, wanted["resource_type"], wanted["resource_id"])
        if "user" in wanted:
            self._tenures(workspace_id, [wanted["user"]], "user", now)
        if "group" in wanted:
            self._check_groups(workspace_id, [wanted["group"]])

    def _rule(self, workspace_id: UUID, rule_id: UUID) -> Rule:
        rule = self.find(Rule, rule_id)
        if rule is None or rule.deleted or rule.workspace_id != workspace_id:
            raise _no_rule()
        return rule

    def _terms(
        self,
        workspace_id: UUID,
        now: datetime,
        resource_type: str,
        permission: str,
        resource_id: str | None = None,
        users: Sequence[UUID] = (),
        groups: Sequence[UUID] = (),
        expires_at: datetime | None = None,
    ) -> Terms:
        check_assignees(len(users) + len(groups), self.settings.rule_assignees)
        if resource_id is not None:
            # Whoever deletes that resource waits, and then ends this rule too.
            self.database.lock(tree_key(workspace_id), shared=True)
            self._check_resource(workspace_id, resource_type, resource_id)
        self._check_groups(workspace_id, groups)
        return Terms(
            resource_type=resource_type,
            resource_id=resource_id,
            permission=permission,
            users=dict(sorted(self._tenures(workspace_id, users, "users", now).items())),
            groups=sorted({str(group_id) for group_id in groups}),
            expires_at=expires_at,
        )

    def _check_resource(self, workspace_id: UUID, type: str, id: str) -> None:
        if self.views.resource(workspace_id, type, id) is None:
            raise no_resource()


def _no_rule() -> NotFound:
    return NotFound("rule_not_found", "there is no rule with this id in this workspace")
