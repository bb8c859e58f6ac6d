"""The tree of what the platform holds, as the platform tells it."""

import json
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from gateway.api.blueprint import Blueprint, described
from gateway.api.impact import IMPACT, Trial, done, tried, tried_or_done
from gateway.api.schemas import Paging, page
from gateway.bodies import check_media_type, parse, read, validated
from gateway.calls import ask, principal, this_request
from gateway.decisions import TYPES, at
from gateway.growth import no_room
from gateway.permissions import member, requires
from services.chassis.fields import Text

URL = "/v1/workspaces/<uuid:workspace_id>"
blp = Blueprint("resources", __name__, url_prefix=URL, description="The resource tree")
MOST = 10_000
# Bytes of a batch: room for as many changes with long names.
LARGEST = 8 * 1024 * 1024
ONE = "/resources/<type:type>/<resource:id>"
HOLDS = {"description": "a project holds projects, tasks, models, dataviews and datasets; a queue lies in nothing"}


class Parent(Schema):
    type = fields.String(required=True, validate=validate.OneOf(("project",)))
    id = Text(required=True, shortest=1, longest=200)


class ResourceContent(Schema):
    name = Text(required=True, shortest=1, longest=200)
    parent = fields.Nested(Parent, load_default=None, allow_none=True, metadata=HOLDS)


class Resource(Schema):
    type = fields.String(required=True)
    id = fields.String(required=True)
    name = fields.String(required=True)
    parent = fields.Nested(Parent, required=True, allow_none=True)
    position = fields.Integer(metadata={"description": "of the write: what a check may be asked to know"})


class Change(Schema):
    op = fields.String(required=True, validate=validate.OneOf(("put", "delete")))
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    id = Text(required=True, shortest=1, longest=200)
    name = Text(shortest=1, longest=200, metadata={"description": "of a put"})
    parent = fields.Nested(Parent, allow_none=True, metadata=HOLDS)


class Changes(Schema):
    changes = fields.List(fields.Nested(Change), required=True, validate=validate.Length(1, MOST))


class _Envelope(Schema):
    """The changes as they are: the service judges each alone, so that a bad one does not keep the others from being made."""

    changes = fields.List(fields.Raw(allow_none=True), required=True, validate=validate.Length(1, MOST))


class Changed(Schema):
    status = fields.String(metadata={"enum": ["created", "moved", "renamed", "deleted", "unchanged"]})
    error = fields.Dict(metadata={"description": "instead of status: code, detail and errors by field"})


class AllChanged(Schema):
    """A dry run answers its impact beside the results: gains, loses and their totals."""

    results = fields.List(fields.Nested(Changed), required=True, metadata={"description": "in the order of the changes"})
    position = fields.Integer(metadata={"description": "of the write: what a check may be asked to know"})


_ENVELOPE = _Envelope()


class ResourcesQuery(Paging):
    type = fields.String(validate=validate.OneOf(TYPES))
    q = Text(longest=100, metadata={"description": "part of the name"})
    parent = Text(shortest=1, longest=200, metadata={"description": "the id of a project: what lies directly in it"})


@blp.get("/resources")
@requires(member)
@blp.arguments(ResourcesQuery, location="query")
@blp.response(200, page(Resource))
def list_resources(query: dict[str, Any], workspace_id: UUID) -> Any:
    """Those the caller may read, by type and id. A page may hold fewer than asked for and still have a next one."""
    return ask("authz", "list_resources", **at(workspace_id), account_id=principal().account_id, **query)


@blp.put(ONE)
@requires(member)
@blp.arguments(Trial, location="query")
@blp.arguments(ResourceContent)
@blp.response(200, Resource)
def put_resource(trial: dict[str, Any], body: dict[str, Any], workspace_id: UUID, type: str, id: str) -> Any:
    """Registers it, or renames and moves it. What is so already changes nothing."""
    command = body | {"type": type, "id": id, **_by_caller(workspace_id)}
    return tried("put_resource", workspace_id, **command) if trial["dry_run"] else done("put_resource", workspace_id, **command)


@blp.delete(ONE)
@requires(member)
@blp.arguments(Trial, location="query")
@blp.response(204)
@blp.alt_response(200, **IMPACT)
def delete_resource(trial: dict[str, Any], workspace_id: UUID, type: str, id: str) -> Any:
    """With the rules on it. A project that still holds something is refused."""
    return tried_or_done("delete_resource", trial, workspace_id, type=type, id=id, account_id=principal().account_id)


@blp.post("/resources:batch")
@requires(member)
@blp.arguments(Trial, location="query")
@described(blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": Changes}}}), blp.response(200, AllChanged))
def change_resources(trial: dict[str, Any], workspace_id: UUID) -> Response:
    """Up to 10,000 changes in one call, made in the order given. Each is made or refused by itself; sent again, they change nothing."""
    req = this_request()
    req.max_content_length = LARGEST
    check_media_type(req)
    changes = validated(_ENVELOPE, parse(read(req)))["changes"]
    command = {"changes": changes, **_by_caller(workspace_id)}
    if trial["dry_run"]:
        return tried("change_resources", workspace_id, **command)
    made = done("change_resources", workspace_id, **command)
    return Response(json.dumps(made), content_type="application/json")


def _by_caller(workspace_id: UUID) -> dict[str, Any]:
    return {"account_id": principal().account_id, "no_room": no_room(this_request(), str(workspace_id))}
