"""What DVC and DVCLive tell of runs while they run and when they are pushed."""

import json
from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.bodies import read
from gateway.calls import Request, ask, principal, tell, this_request
from gateway.growth import no_room
from gateway.permissions import requires
from gateway.studio.forward import forward
from gateway.studio.surface import body, counted, detail, reporter, surface, workspace_of

blp = surface("live")

# What is kept of a report. Plots and everything else is taken and dropped.
KEPT = (
    "type",
    "repo_url",
    "baseline_sha",
    "name",
    "client",
    "subdir",
    "message",
    "step",
    "params",
    "metrics",
    "experiment_rev",
)


@blp.post("/api/live")
@counted("live")
@requires(reporter)
def live() -> Response:
    """Answers 200 and nothing else for what was taken: clients count 201 as a failure, and a failed start silences the whole run."""
    req = this_request()
    sent, workspace_id = body(req, req.gateway.settings.live_max_body), workspace_of(req)
    if req.gateway.settings.live_forward_url:
        return forward(req.gateway.settings, "api/live", read(req))
    report = {name: sent[name] for name in KEPT if name in sent}
    _check_size(req, report)
    report["no_room"] = no_room(req, workspace_id)
    kept = tell("experiments", "report", workspace_id=workspace_id, account_id=principal().account_id, **report)
    return jsonify(id=kept["id"])


@blp.post("/webhook/dvc")
@counted("webhook")
@requires(reporter)
def pushed() -> Response:
    """Answers an object always: a success without one crashes the client."""
    req = this_request()
    sent, workspace_id = body(req), workspace_of(req)
    if req.gateway.settings.live_forward_url:
        return forward(req.gateway.settings, "webhook/dvc", read(req))
    refs = sent.get("refs") if isinstance(sent.get("refs"), dict) else {}
    lists = {name: refs.get(name, []) for name in ("pushed", "removed")}  # type: ignore[union-attr]
    tell("experiments", "pushes", **_whose(sent.get("repo_url"), workspace_id), **lists)
    return jsonify({})


@blp.get("/api/view-links")
@counted("view-links")
@requires(reporter)
def view_links() -> Response:
    """What editors mark in their lists of experiments; there is no page here to link to."""
    req = this_request()
    commits, repo_url = req.args.getlist("commits"), req.args.get("git_remote_url", "")
    found = []
    if commits and repo_url:
        found = ask("experiments", "of_commits", **_whose(repo_url, workspace_of(req)), commits=commits)["items"]
    live = [{"baseline_sha": run["baseline_sha"], "name": run["name"]} for run in found if not run["pushed"]]
    return jsonify(live=live, pushed=[run["name"] for run in found if run["pushed"]], view_url=None)


@blp.get("/api/model-registry/get-download-uris")
@counted("download-uris")
@requires(reporter)
def download_uris() -> Response:
    """Files are none of our business; the client goes on to clone the repository."""
    return detail("This server keeps no models.", 404)


def _whose(repo_url: Any, workspace_id: str) -> dict[str, Any]:
    return {"workspace_id": workspace_id, "account_id": principal().account_id, "repo_url": repo_url}


def _check_size(req: Request, report: dict[str, Any]) -> None:
    """Without its plots a report is small, and only a small one is worth a message on the bus."""
    most = req.gateway.settings.max_body
    if (req.content_length or most + 1) > most and len(json.dumps(report)) > most:
        raise RequestEntityTooLarge
