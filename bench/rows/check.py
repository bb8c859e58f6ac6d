"""Asking over HTTP whether somebody may do something, answered from the access cache."""

import json

from bench.baselines import start
from bench.client import Load, post
from bench.installation import distributed
from bench.measure import Result, compare
from bench.servers import Servers

CONNECTIONS = 8
GOAL = 0.6
_QUESTION = json.dumps({"action": "read", "resource": {"type": "project", "id": "p1"}}).encode()


def run(servers: Servers, quick: bool) -> list[Result]:
    with distributed(servers) as made:
        bare = start.web(made, "flask_route", "BareRoute")
        workspaces = made.workspaces(CONNECTIONS)

        def load(url: str) -> Load:
            requests = [post(f"{url}/v1/workspaces/{id}/check", _QUESTION, made.bearer) for id in workspaces]
            return Load(url, CONNECTIONS, lambda number, count: requests[number])

        ours, baseline = load(made.url), load(bare)
        seconds, rounds = (2.0, 2) if quick else (4.0, 9)
        what = "membership check over HTTP from the access cache; against a bare Flask route"
        return [compare("check", what, GOAL, lambda: ours.rate(seconds), lambda: baseline.rate(seconds), rounds)]
