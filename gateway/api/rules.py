"""Access rules: who may read or modify a resource, or every resource of a type."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from gateway.api.blueprint import Blueprint
from gateway.api.impact import IMPACT, Trial, done, tried, tried_or_done
from gateway.api.schemas import Id, Moment, Paging, Time, page
from gateway.calls import ask, this_request
from gateway.decisions import TYPES, at
from gateway.etags import expected, tagged
from gateway.past import Historical, past
from gateway.permissions import admin, requires
from services.chassis.fields import Text

blp = Blueprint("rules", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/rules", description="Access rules")
PERMISSIONS = ("read", "modify")


def _type(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(TYPES), **kwargs)


class RuleContent(Schema):
    resource_type = _type(required=True)
    resource_id = Text(shortest=1, longest=200, load_default=None, allow_none=True, metadata={"description": "default: all of the type"})
    permission = fields.String(required=True, validate=validate.OneOf(PERMISSIONS), metadata={"description": "modify implies read"})
    users = fields.List(Id(), load_default=list)
    groups = fields.List(Id(), load_default=list)
    expires_at = Moment(load_default=None, allow_none=True, metadata={"description": "after it the rule grants nothing, but still closes"})

    @validates_schema
    def _names_somebody(self, data: dict[str, Any], **_: Any) -> None:
        if not (data.get("users") or data.get("groups")):
            raise ValidationError({"users": ["Give users, groups, or both."]})


class Rule(Schema):
    id = Id(required=True)
    resource_type = fields.String(required=True)
    resource_id = fields.String(required=True, allow_none=True)
    permission = fields.String(required=True, metadata={"enum": list(PERMISSIONS)})
    users = fields.List(Id(), required=True)
    groups = fields.List(Id(), required=True)
    expires_at = Time(required=True, allow_none=True)
    created_at = Time(required=True)
    version = fields.Integer(required=True, metadata={"description": "the ETag, without its quotes"})
    position = fields.Integer(metadata={"description": "of the write: what a check may be asked to know"})


class RulesQuery(Paging, Historical):
    resource_type = _type()
    resource_id = Text(shortest=1, longest=200)
    user = Id()
    group = Id()


@blp.get("")
@requires(admin)
@blp.arguments(RulesQuery, location="query")
@blp.response(200, page(Rule))
def list_rules(query: dict[str, Any], workspace_id: UUID) -> Any:
    """Filters combine; a user's rules are those that name this user, not those that reach the user through a group."""
    when = past("authz", workspace_id, query.pop("at", None))
    return ask("authz", "list_rules", **at(workspace_id), **query, **when.of("authz"))


@blp.post("")
@requires(admin)
@blp.arguments(Trial, location="query")
@blp.arguments(RuleContent)
@blp.response(201, Rule)
@blp.alt_response(200, **IMPACT)
def create_rule(trial: dict[str, Any], body: dict[str, Any], workspace_id: UUID) -> Any:
    """The first rule on a resource closes it, and what it holds, to all but those it names and administrators."""
    if trial["dry_run"]:
        return tried("create_rule", workspace_id, **body)
    made = done("create_rule", workspace_id, **body)
    return tagged(made, Location=f"/v1/workspaces/{workspace_id}/rules/{made['id']}")


@blp.get("/<uuid:rule_id>")
@requires(admin)
@blp.arguments(Historical, location="query")
@blp.response(200, Rule)
def get_rule(query: dict[str, Any], workspace_id: UUID, rule_id: UUID) -> Any:
    when = past("authz", workspace_id, query.get("at"))
    found = ask("authz", "get_rule", **at(workspace_id), rule_id=str(rule_id), **when.of("authz"))
    return found if when.moment else tagged(found)


@blp.put("/<uuid:rule_id>")
@requires(admin)
@blp.arguments(Trial, location="query")
@blp.arguments(RuleContent)
@blp.response(200, Rule)
def change_rule(trial: dict[str, Any], body: dict[str, Any], workspace_id: UUID, rule_id: UUID) -> Any:
    """All of it in one step. With If-Match, only if nobody else has changed it meanwhile."""
    command = body | {"rule_id": str(rule_id), "version": expected(this_request())}
    return tried("change_rule", workspace_id, **command) if trial["dry_run"] else tagged(done("change_rule", workspace_id, **command))


@blp.delete("/<uuid:rule_id>")
@requires(admin)
@blp.arguments(Trial, location="query")
@blp.response(204)
@blp.alt_response(200, **IMPACT)
def delete_rule(trial: dict[str, Any], workspace_id: UUID, rule_id: UUID) -> Any:
    """Removing the last rule on a resource opens it again: try it first to see to whom."""
    return tried_or_done("delete_rule", trial, workspace_id, rule_id=str(rule_id), version=expected(this_request()))
