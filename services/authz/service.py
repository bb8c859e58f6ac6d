"""The entrypoints of this service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from marshmallow import Schema

from services.authz.application import Authz
from services.authz.reactions import Memberships, Payments
from services.authz.schemas import groups, questions, resources, rules
from services.chassis.rpc import Clock, EventSourced, rpc
from services.chassis.schemas import made
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec

Payload = dict[str, Any]


class AuthzService(Service):
    name = "authz"

    app = EventSourced(Authz)
    clock = Clock()

    @rpc
    def check(self, payload: Payload) -> Payload:
        return self._done(self.app.check, questions.Check, payload, questions.Decision)

    @rpc
    def check_batch(self, payload: Payload) -> Payload:
        with self._asked(questions.CheckBatch, payload) as query:
            checks = [questions.question(raw) for raw in query.pop("checks")]
            return made(questions.Decisions).dump(self.app.check_batch(checks=checks, **query))

    @rpc
    def accessible(self, payload: Payload) -> Payload:
        return self._done(self.app.accessible, questions.Accessible, payload, questions.Subjects)

    @rpc
    def who_can(self, payload: Payload) -> Payload:
        return self._done(self.app.who_can, questions.WhoCan, payload, questions.Accounts)

    @rpc
    def create_group(self, payload: Payload) -> Payload:
        return self._done(self.app.create_group, groups.CreateGroup, payload, groups.Group)

    @rpc
    def change_group(self, payload: Payload) -> Payload:
        return self._done(self.app.change_group, groups.ChangeGroup, payload, groups.Group)

    @rpc
    def delete_group(self, payload: Payload) -> Payload:
        return self._done(self.app.delete_group, groups.OneGroup, payload, rules.Impact)

    @rpc
    def get_group(self, payload: Payload) -> Payload:
        return self._done(self.app.get_group, groups.OfGroup, payload, groups.Group)

    @rpc
    def list_groups(self, payload: Payload) -> Payload:
        return self._done(self.app.list_groups, groups.ListGroups, payload, groups.Groups)

    @rpc
    def add_group_member(self, payload: Payload) -> Payload:
        return self._done(self.app.add_group_member, groups.GroupMember, payload, groups.Group)

    @rpc
    def remove_group_member(self, payload: Payload) -> Payload:
        return self._done(self.app.remove_group_member, groups.GroupMember, payload, groups.Group)

    @rpc
    def groups_of_members(self, payload: Payload) -> Payload:
        with self._asked(groups.GroupsOfMembers, payload) as query:
            found = self.app.groups_of_members(**query)
        return {account_id: made(groups.GroupName).dump(named, many=True) for account_id, named in found.items()}

    @rpc
    def groups_of_member(self, payload: Payload) -> Payload:
        with self._asked(groups.GroupsOfMember, payload) as query:
            return {"items": made(groups.GroupName).dump(self.app.groups_of_member(**query), many=True)}

    @rpc
    def create_rule(self, payload: Payload) -> Payload:
        return self._done(self.app.create_rule, rules.CreateRule, payload, rules.Rule)

    @rpc
    def change_rule(self, payload: Payload) -> Payload:
        return self._done(self.app.change_rule, rules.ChangeRule, payload, rules.Rule)

    @rpc
    def delete_rule(self, payload: Payload) -> Payload:
        return self._done(self.app.delete_rule, rules.DeleteRule, payload, rules.Impact)

    @rpc
    def get_rule(self, payload: Payload) -> Payload:
        with self._asked(rules.OfRule, payload) as query:
            query.pop("now")
            return made(rules.Rule).dump(self.app.get_rule(**query))

    @rpc
    def list_rules(self, payload: Payload) -> Payload:
        return self._done(self.app.list_rules, rules.ListRules, payload, rules.Rules)

    @rpc
    def put_resource(self, payload: Payload) -> Payload:
        return self._done(self.app.put_resource, resources.PutResource, payload, resources.ResourceRow)

    @rpc
    def delete_resource(self, payload: Payload) -> Payload:
        return self._done(self.app.delete_resource, resources.DeleteResource, payload, resources.ResourceRow)

    @rpc
    def change_resources(self, payload: Payload) -> Payload:
        command = self._heard(resources.ChangeResources, payload)
        changes = [resources.change(raw) for raw in command.pop("changes")]
        outcomes, impact = self.app.change_resources(changes=changes, now=self.clock(), **command)
        return {"results": [resources.outcome(outcome) for outcome in outcomes]} | made(rules.Impact).dump(impact)

    @rpc
    def list_resources(self, payload: Payload) -> Payload:
        return self._done(self.app.list_resources, resources.ListResources, payload, resources.Resources)

    def _done(self, use_case: Callable[..., Any], command: type[Schema], payload: Payload, answer: type[Schema]) -> Payload:
        """A dry run answers what would become of whom, whatever it was of."""
        with self._asked(command, payload) as asked:
            kind = rules.Impact if asked.get("dry_run") else answer
            return made(kind).dump(use_case(**asked))

    @contextmanager
    def _asked(self, command: type[Schema], payload: Payload) -> Iterator[Payload]:
        """Now, or in the past that is asked about."""
        asked = self._heard(command, payload)
        with self.app.past(asked["workspace_id"], asked.pop("at", None), self.clock()) as now:
            yield {**asked, "now": now}

    def _heard(self, command: type[Schema], payload: Payload) -> Payload:
        """What is asked, once as much of the log of workspaces is known here as the caller knows."""
        asked: Payload = made(command).load(payload)
        if (position := asked.pop("heard")) is not None:
            self.app.hear(position)
        return asked


SPEC = ServiceSpec(service=AuthzService, application=Authz, reactions=(Memberships, Payments))
