"""One Flask route that answers without looking at anything."""

from typing import Any

from flask import Response

from bench.baselines.web import Web, empty_app


class CheckWeb(Web):
    def setup(self) -> None:
        self.app = empty_app("bare")
        self.app.post("/v1/workspaces/<uuid:workspace_id>/check")(_check)


def _check(workspace_id: Any) -> Response:
    return Response('{"allowed": true, "position": 1}', content_type="application/json")


class BareRoute:
    name = "bare_route"

    web = CheckWeb()
