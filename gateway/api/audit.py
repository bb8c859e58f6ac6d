"""Who did what, when, from where."""

import json
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


class EntriesExport(AuditQuery):
    class Meta:
        exclude = ("order", "limit", "cursor")

    format = fields.String(load_default="jsonl", validate=validate.OneOf(("jsonl", "csv", "cef", "ocsf")))
    after = fields.String(metadata={"description": "id of the last entry that is there already, to go on where an export broke off"})


@blp.get("/workspaces/<uuid:workspace_id>/audit/export")
@requires(admin)
@blp.arguments(EntriesExport, location="query")
@blp.response(200, description="One entry a line; each line has the id of its entry", content_type="application/x-ndjson")
def export_of_workspace(query: dict[str, Any], workspace_id: UUID) -> Response:
    """The entries that the list would show, in its order, as JSON lines, CSV, CEF or OCSF events. It is an entry itself."""
    filters = _renamed(query) | {"workspace_id": str(workspace_id)}
    begun = tell("audit", "begin_entries_export", **filters)
    # The first page is asked for here: what is refused still has a status of its own.
    lines = _entry_lines(filters, begun["head"], ask("audit", "export_entries", **filters))
    return Response(stream_with_context(lines), content_type=begun["media"])


def _entry_lines(filters: dict[str, Any], head: str, page: dict[str, Any]) -> Iterator[str]:
    if head:
        yield f"{head}\r\n"
    end = "\r\n" if filters["format"] == "csv" else "\n"
    while True:
        yield "".join(f"{line}{end}" for line in page["lines"])
        if page["next_cursor"] is None:
            return
        page = ask("audit", "export_entries", **filters, cursor=page["next_cursor"])


class InclusionQuery(Schema):
    id = fields.String(required=True, metadata={"description": "of the entry, such as workspaces:184"})
    tree_size = fields.Integer(metadata={"description": "of the tree that it is in; without it, that of the last signed head"})


class InclusionProof(Schema):
    source = fields.String(required=True)
    tree_size = fields.Integer(required=True)
    leaf_index = fields.Integer(required=True)
    inclusion_path = fields.List(fields.String(), required=True)
    entry = fields.Dict(required=True, metadata={"description": "whose canonical JSON is the leaf"})


class ConsistencyQuery(Schema):
    source = fields.String(required=True, metadata={"description": "service whose log it is, such as workspaces"})
    first = fields.Integer(required=True, metadata={"description": "size of the older tree"})
    second = fields.Integer(required=True, metadata={"description": "size of the newer tree"})


class ConsistencyProof(Schema):
    source = fields.String(required=True)
    first = fields.Integer(required=True)
    second = fields.Integer(required=True)
    consistency_path = fields.List(fields.String(), required=True)


@blp.get("/workspaces/<uuid:workspace_id>/audit/proofs/inclusion")
@requires(admin)
@blp.arguments(InclusionQuery, location="query")
@blp.response(200, InclusionProof)
def prove_inclusion_in_workspace(query: dict[str, Any], workspace_id: UUID) -> Any:
    """That an entry of this workspace is in the journal (RFC 9162, 2.1.3); `gatehouse audit verify-proof` checks it."""
    return ask("audit", "inclusion_proof", **query, workspace_id=str(workspace_id))


@blp.get("/workspaces/<uuid:workspace_id>/audit/proofs/consistency")
@requires(admin)
@blp.arguments(ConsistencyQuery, location="query")
@blp.response(200, ConsistencyProof)
def prove_consistency_to_workspace(query: dict[str, Any], workspace_id: UUID) -> Any:
    """That nothing was changed or removed between two signed heads; it holds nothing but hashes, of the whole installation."""
    return ask("audit", "consistency_proof", **query)


@blp.get("/audit/proofs/inclusion")
@requires(operator)
@blp.arguments(InclusionQuery, location="query")
@blp.response(200, InclusionProof)
def prove_inclusion(query: dict[str, Any]) -> Any:
    """That an entry is in the journal (RFC 9162, 2.1.3); `gatehouse audit verify-proof` checks it."""
    return ask("audit", "inclusion_proof", **query)


@blp.get("/audit/proofs/consistency")
@requires(operator)
@blp.arguments(ConsistencyQuery, location="query")
@blp.response(200, ConsistencyProof)
def prove_consistency(query: dict[str, Any]) -> Any:
    """That nothing was changed or removed between two signed heads (RFC 9162, 2.1.4)."""
    return ask("audit", "consistency_proof", **query)


class HeadsQuery(Schema):
    after = fields.Integer(load_default=0, metadata={"description": "number of the last record that is there already"})


@blp.get("/audit/heads")
@requires(public)
@blp.arguments(HeadsQuery, location="query")
@blp.response(200, description="One record a line, 500 at most", content_type="application/x-ndjson")
def list_heads(query: dict[str, Any]) -> Response:
    """Signed heads for whoever wants to keep them: they prove only where they lie out of the server's reach."""
    records = ask("audit", "heads_after", **query)["records"]
    return Response("".join(f"{json.dumps(record)}\n" for record in records), mimetype="application/x-ndjson")


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
    return ask("audit", "list_entries", **whose, **_renamed(query))


def _renamed(query: dict[str, Any]) -> dict[str, Any]:
    names = {"since": "from", "until": "to"}
    return {names.get(name, name): value for name, value in query.items()}
