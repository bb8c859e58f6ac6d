"""The public events of this service: what may change an answer to somebody else. Membership is told by the service of workspaces."""

from typing import Any

from marshmallow import Schema, fields

from services.authz.domain import Group, Nesting, Rule, Suspension, Tree
from services.chassis.public import PublicEvents

PUBLIC = PublicEvents("authz")


class Accounts(fields.List[str]):
    """Of accounts by their tenure: tenures are nobody else's business."""

    def __init__(self) -> None:
        super().__init__(fields.String(), required=True)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> list[Any] | None:
        return super()._serialize(sorted(value), attr, obj, **kwargs)


class Change(Schema):
    """``parent``: the project it lies in, null for none; absent for what was deleted."""

    op = fields.String(required=True)
    type = fields.String(required=True)
    id = fields.String(required=True)
    parent = fields.String(allow_none=True)


@PUBLIC.event(Group.Created)
class GroupCreated(Schema):
    """A group was made, of nobody so far."""

    group_id = fields.UUID(required=True, attribute="originator_id")
    name = fields.String(required=True)


@PUBLIC.event(Group.Changed)
class GroupChanged(Schema):
    """A group has another name or description."""

    group_id = fields.UUID(required=True, attribute="originator_id")
    name = fields.String(required=True)


@PUBLIC.event(Group.MembersChanged)
class GroupMembersChanged(Schema):
    """These came to a group, those went."""

    group_id = fields.UUID(required=True, attribute="originator_id")
    added = Accounts()
    removed = fields.List(fields.String(), required=True)


@PUBLIC.event(Nesting.Changed)
class GroupNestingChanged(Schema):
    """Groups lie in others, or do so no more: each group with those it lies in."""

    nested = fields.Dict(fields.String(), fields.List(fields.String()), required=True)
    unnested = fields.Dict(fields.String(), fields.List(fields.String()), required=True)


@PUBLIC.event(Group.Deleted)
class GroupDeleted(Schema):
    """A group is gone; its members keep what else gives them."""

    group_id = fields.UUID(required=True, attribute="originator_id")


@PUBLIC.event(Rule.Created, Rule.Changed, name="authz.rule.changed")
class RuleChanged(Schema):
    """An access rule says this from now on, all at once."""

    rule_id = fields.UUID(required=True, attribute="originator_id")
    change = fields.String(required=True)
    resource_type = fields.String(required=True)
    resource_id = fields.String(required=True, allow_none=True)
    permission = fields.String(required=True)
    users = Accounts()
    groups = fields.List(fields.String(), required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)


@PUBLIC.event(Rule.Deleted)
class RuleDeleted(Schema):
    """An access rule is gone, by itself or with its resource."""

    rule_id = fields.UUID(required=True, attribute="originator_id")
    resource_type = fields.String(required=True)
    resource_id = fields.String(required=True, allow_none=True)


@PUBLIC.event(Tree.Changed)
class ResourcesChanged(Schema):
    """Up to a thousand resources were created, moved, renamed or deleted, in this order."""

    changes = fields.List(fields.Nested(Change), required=True)


@PUBLIC.event(Suspension.Suspended)
class WorkspaceSuspended(Schema):
    """Its resources are closed until it has paid: nobody may do anything to them."""


@PUBLIC.event(Suspension.Resumed)
class WorkspaceResumed(Schema):
    """Its resources are open again, to whom they were open before."""
