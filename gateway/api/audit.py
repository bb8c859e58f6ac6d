"""Who did what, when, from where."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response, stream_with_context
from marshmallow import Schema, fields, validate

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Moment, Paging, Time, page
from gateway.calls import ask, principal, tell
from gateway.permissions import admin, operator, public, requires, signed_in
from services.chassis.fields import Text

blp = Blueprint("audit", __name__, url_prefix="/v1", description="The audit trail")


class AuditQuery(Paging):
    actor = Text(longest=100)
    type = Text(longest=100, metadata={"description": "such as workspaces.member.removed, or workspaces.member.* for all of a kind"})
    subject = Text(longest=100)
    correlation = Text(longest=100, metadata={"description": "X-Correlation-ID of an answer: the request, and all it has caused"})
    operator = fields.Boolean(metadata={"description": "true: only what was done with an operator's rights"})
    q = Text(longest=200, metadata={"description": "whole words, all of them: of type, fields, address and user agent"})
    order = fields.String(validate=validate.OneOf(["oldest", "newest"]), metadata={"description": "which come first; default: oldest"})
    since = Moment(data_key="from")
    until = Moment(data_key="to")


class Entry(Schema):
    position = fields.Integer(required=True)
    time = Time(required=True)
    type = fields.String(required=True)
    actor = fields.String(allow_none=True)
    on_behalf_of = fields.String(allow_none=True)
    credential_id = fields.String(allow_none=True)
    operator = fields.Boolean(required=True, metadata={"description": "whether it was done with the rights of an operator"})
    ip = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    subject = fields.String(allow_none=True)
    workspace_id = fields.String(allow_none=True)
    changes = fields.Dict(metadata={"description": "what its fields say from then on, or what was done"})
    before = fields.Dict(metadata={"description": "what those fields said before; of what ended, all that was known of it"})
    before_ids = fields.Dict(metadata={"description": "for each of them the entry that said so"})
    masked = fields.List(fields.String(), metadata={"description": "what was set too, but is secret or personal and kept elsewhere"})
    claimed_request_id = fields.String(allow_none=True, metadata={"description": "the client's X-Request-ID: its word, not ours"})
    claimed_actor = fields.String(allow_none=True, metadata={"description": "the client's X-Actor: its word, not ours"})
    correlation_id = fields.String(allow_none=True)
    causation_id = fields.String(allow_none=True)
    source = fields.String(required=True)
    id = fields.String(required=True)
    hash = fields.String(required=True, metadata={"description": "of the entry and the one before it in its workspace"})


class Tree(Schema):
    size = fields.Integer(required=True)
    root = fields.String(required=True)


class Checkpoint(Schema):
    """Signed by the key in force; a record of kind ``key`` puts the next one in force."""

    number = fields.Integer(required=True)
    previous = fields.String(required=True, metadata={"description": "SHA-256 of the record before it"})
    time = Time(required=True)
    kind = fields.String(required=True, metadata={"enum": ["key", "head"]})
    public_key = fields.String()
    trees = fields.Dict(keys=fields.String(), values=fields.Nested(Tree), metadata={"description": "one for the log of each service"})
    signature = fields.String(required=True)


class Key(Schema):
    public_key = fields.String(required=True, metadata={"description": "Ed25519, hexadecimal"})
    since = Time(required=True)


class KeyList(Schema):
    keys = fields.List(fields.Nested(Key), required=True)


@blp.get("/workspaces/<uuid:workspace_id>/audit")
@requires(admin)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, page(Entry))
def list_of_workspace(query: dict[str, Any], workspace_id: UUID) -> Any:
    return _entries(query, workspace_id=str(workspace_id))


@blp.get("/workspaces/<uuid:workspace_id>/audit/checkpoints")
@requires(admin)
@blp.arguments(Paging, location="query")
@blp.response(200, page(Checkpoint))
def list_checkpoints(query: dict[str, Any], workspace_id: UUID) -> Any:
    """Signed heads of the whole installation's trees, the first first: `gatehouse audit verify` reads their lines."""
    return ask("audit", "list_heads", **query)


class ExportQuery(Schema):
    after = fields.String(metadata={"description": "id of the last entry that is there already, such as workspaces:184"})


@blp.get("/audit/export")
@requires(operator)
@blp.arguments(ExportQuery, location="query")
@blp.response(200, description="One entry a line, with its hash: what `gatehouse audit verify` reads", content_type="application/x-ndjson")
def export(query: dict[str, Any]) -> Response:
    """The whole installation's entries, one log after the other. That it was exported is an entry as well."""
    tell("audit", "begin_export", **query)
    return Response(stream_with_context(_lines(ask("audit", "export", **query))), mimetype="application/x-ndjson")


def _lines(page: dict[str, Any]) -> Iterator[str]:
    while page["last"]:
        yield from page["lines"]
        page = ask("audit", "export", after=page["last"])
    yield from page["lines"]


@blp.get("/audit/key")
@requires(public)
@blp.response(200, KeyList)
def list_keys() -> Any:
    """The keys that checkpoints are signed with, the first first; each later one is vouched for by the one before."""
    return ask("audit", "signing_keys")


@blp.get("/account/audit")
@requires(signed_in)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, page(Entry))
def list_of_account(query: dict[str, Any]) -> Any:
    """What the caller did, and what was done to the caller's account."""
    return _entries(query, account_id=principal().account_id)


@blp.get("/audit")
@requires(operator)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, page(Entry))
def list_everything(query: dict[str, Any]) -> Any:
    """Of the whole installation, also what concerns nobody known: refused attempts."""
    return _entries(query, everything=True)


def _entries(query: dict[str, Any], **whose: str | bool) -> dict[str, Any]:
    names = {"since": "from", "until": "to"}
    return ask("audit", "list_entries", **whose, **{names.get(name, name): value for name, value in query.items()})
