"""Every command and every answer of this service."""

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from marshmallow import EXCLUDE, Schema, fields, post_load, validate

from services.chassis.fields import Text

TYPES = ("start", "data", "done")
CLIENTS = ("dvclive", "dvc")
SHA = validate.Regexp(r"^[0-9a-f]{40}([0-9a-f]{24})?\Z", error="A commit in hexadecimal digits.")
EXPERIMENT_REF = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38})/([^/\x00-\x1f]{1,200})")


def without_secrets(repo_url: str) -> str:
    """Whoever cloned with a token in the address reports it, too. Not every text here is an address."""
    try:
        parts = urlsplit(repo_url)
    except ValueError:
        return repo_url
    if parts.scheme not in ("http", "https"):
        return repo_url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class OfRepository(Schema):
    workspace_id = fields.UUID(required=True)
    account_id = fields.UUID(required=True)
    repo_url = Text(required=True, longest=2000)

    @post_load
    def _clean(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"repo_url": without_secrets(data["repo_url"])}


class Report(OfRepository):
    """As the clients send it. What they may add later is left out, never refused: a refused start would silence a whole run."""

    class Meta:
        unknown = EXCLUDE

    # Why the workspace may not grow, if so.
    no_room = fields.Dict(load_default=None, allow_none=True)
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    baseline_sha = fields.String(required=True, validate=SHA)
    name = Text(required=True, shortest=1, longest=200)
    client = fields.String(required=True, validate=validate.OneOf(CLIENTS))
    subdir = Text(load_default=None, allow_none=True, longest=1000)
    message = Text(load_default=None, allow_none=True, longest=1000)
    step = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(0, 2**53))
    params = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    metrics = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    experiment_rev = fields.String(load_default=None, allow_none=True, validate=SHA)


class Pushes(OfRepository):
    pushed = fields.List(fields.String(validate=validate.Length(max=1000)), load_default=list, validate=validate.Length(max=1000))
    removed = fields.List(fields.String(validate=validate.Length(max=1000)), load_default=list, validate=validate.Length(max=1000))


class OfCommits(OfRepository):
    commits = fields.List(fields.String(validate=SHA), required=True, validate=validate.Length(max=500))


class ListExperiments(Schema):
    workspace_id = fields.UUID(required=True)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, allow_none=True)


class ExperimentAnswer(Schema):
    id = fields.UUID()
    repo_url = fields.String()
    baseline_sha = fields.String()
    name = fields.String()
    subdir = fields.String()
    client = fields.String()
    message = fields.String()
    status = fields.String(attribute="state")
    step = fields.Integer()
    params = fields.Dict()
    metrics = fields.Dict()
    truncated = fields.Boolean()
    experiment_rev = fields.String()
    pushed = fields.Boolean()
    reported_by = fields.UUID(attribute="account_id")
    started_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime()


class ExperimentsAnswer(Schema):
    items = fields.List(fields.Nested(ExperimentAnswer))
    next_cursor = fields.String()


class IdAnswer(Schema):
    id = fields.UUID()


class OfCommit(Schema):
    baseline_sha = fields.String()
    name = fields.String()
    pushed = fields.Boolean()


class OfCommitsAnswer(Schema):
    items = fields.List(fields.Nested(OfCommit))
