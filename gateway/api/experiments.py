"""What training runs have reported: the latest state of each."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from gateway.api.blueprint import Blueprint
from gateway.api.schemas import Id, Paging, Time, page
from gateway.calls import ask
from gateway.permissions import requires, role
from services.chassis.scopes import EXPERIMENTS

blp = Blueprint("experiments", __name__, url_prefix="/v1/workspaces/<uuid:workspace_id>/experiments", description="Runs that report")


class Experiment(Schema):
    id = Id(required=True)
    repo_url = fields.String(required=True, metadata={"description": "as the client knows it: perhaps a path, never with a password"})
    baseline_sha = fields.String(required=True)
    name = fields.String(required=True)
    subdir = fields.String(allow_none=True)
    client = fields.String(required=True, metadata={"enum": ["dvclive", "dvc"]})
    message = fields.String(allow_none=True)
    status = fields.String(
        required=True,
        metadata={"enum": ["running", "stale", "done"], "description": "stale: no report for long, as after a kill"},
    )
    step = fields.Integer(allow_none=True)
    params = fields.Dict(required=True, metadata={"description": "by file"})
    metrics = fields.Dict(required=True, metadata={"description": "by file, of the latest step"})
    truncated = fields.Boolean(required=True, metadata={"description": "something was too large to be kept"})
    experiment_rev = fields.String(allow_none=True)
    pushed = fields.Boolean(required=True)
    reported_by = Id(required=True, allow_none=True)
    started_at = Time(required=True)
    updated_at = Time(required=True)
    finished_at = Time(required=True, allow_none=True)


@blp.get("")
@requires(role("viewer", EXPERIMENTS))
@blp.arguments(Paging, location="query")
@blp.response(200, page(Experiment))
def list_experiments(paging: dict[str, Any], workspace_id: UUID) -> Any:
    """Newest first. Kept for a while only, and no history of it."""
    return ask("experiments", "list_experiments", workspace_id=str(workspace_id), **paging)
