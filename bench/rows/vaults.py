"""Serving the merged vaults of somebody in many groups to a ClearML client, which asks once a session."""

import json
from base64 import b64encode

import requests

from bench.baselines import start
from bench.client import Load, get
from bench.installation import Installation, distributed
from bench.measure import Result, compare
from bench.servers import Servers

GROUPS = 20
BYTES = 50_000
CONNECTIONS = 4
GOAL = 0.5


def run(servers: Servers, quick: bool) -> list[Result]:
    with distributed(servers) as made:
        bare = start.web(made, "vaults_route", "BareVaults")
        bearer = _client_of_many_groups(made)
        answer = requests.get(f"{made.url}/clearml/users.get_vaults", headers={"Authorization": bearer}, timeout=10)
        assert len(answer.content) > GROUPS * BYTES
        requests.put(f"{bare}/answer", data=answer.content, timeout=10).raise_for_status()

        def load(url: str) -> Load:
            request = get(f"{url}/clearml/users.get_vaults", f"Authorization: {bearer}")
            return Load(url, CONNECTIONS, lambda number, count: request)

        ours, baseline = load(made.url), load(bare)
        seconds, rounds = (2.0, 2) if quick else (4.0, 9)
        what = f"vaults of a user in {GROUPS} groups, {BYTES // 1000} kB each, warm; against a bare Flask route with the same bytes"
        return [compare("vaults", what, GOAL, lambda: ours.rate(seconds), lambda: baseline.rate(seconds), rounds)]


def _client_of_many_groups(made: Installation) -> str:
    """The Authorization of a client that has logged in."""
    [workspace] = made.workspaces(1)
    account = made.get("/v1/account")["id"]
    for number in range(GROUPS):
        group = made.post(f"/v1/workspaces/{workspace}/groups", {"name": f"Group {number}", "members": [account]})["id"]
        vault = {"name": f"Vault {number}", "group_ids": [group], "format": "hocon", "content": _content(number), "enabled": True}
        made.post(f"/v1/workspaces/{workspace}/vaults", vault)
    keys = made.post(f"/v1/workspaces/{workspace}/credentials", {"label": "benchmark"})
    basic = b64encode(f"{keys['access_key']}:{keys['secret_key']}".encode()).decode()
    answer = requests.get(f"{made.url}/clearml/auth.login", headers={"Authorization": f"Basic {basic}"}, timeout=10)
    return f"Bearer {answer.json()['data']['token']}"


def _content(number: int) -> str:
    """As long in JSON as is wanted."""
    section = {f"key_{n}": {"name": f"value {n} of {number}", "size": n, "flags": [True, None]} for n in range(BYTES // 68)}
    return json.dumps({f"section_{number}": section | {"rest": "x" * 3_000}}, indent=0)
