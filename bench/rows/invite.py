"""Inviting a member over HTTP: gateway, RPC, two aggregates loaded, event and views in one transaction, the event published.

Measured twice: with nobody consuming beside it, which is what a request itself takes, and with the workers on the same processors,
where every invitation is also mailed, journalled and heard of by four more consumers while the next ones are asked for.
"""

import json
from dataclasses import replace
from random import Random
from statistics import median
from uuid import uuid4

import psycopg
import requests

from bench.baselines import http_rpc, start
from bench.client import Load, post
from bench.cost import Metered
from bench.installation import Installation, distributed
from bench.measure import SEED, Result, compare
from bench.servers import Servers
from tests.servers import eventually

CONNECTIONS = 8
GOAL = 0.6


def run(servers: Servers, quick: bool) -> list[Result]:
    elsewhere, beside = (_compared(servers, quick, consuming) for consuming in (False, True))
    # Of a request, not of what follows from it: how much of two processors that leaves says the row `events`.
    return [elsewhere, replace(beside, goal=None)]


def _compared(servers: Servers, quick: bool, consuming: bool) -> Result:
    with distributed(servers, consuming=consuming) as made:
        bare = _bare(made, servers.database())
        workspaces = made.workspaces(CONNECTIONS)
        ours = Metered(inviting(made.url, workspaces, made.bearer), made, servers, drained=consuming)
        baseline = Metered(inviting(bare, workspaces, made.bearer), made, servers, drained=False)
        seconds, rounds = (2.0, 2) if quick else (5.0, 5)
        where = "all workers beside it" if consuming else "workers elsewhere"
        what = f"invite a member over HTTP, {CONNECTIONS} connections, {where}; against HTTP → RPC → INSERT"
        result = compare("invite", what, GOAL, lambda: ours.rate(seconds), lambda: baseline.rate(seconds), rounds)
    cost = f"{median(ours.costs):.1f} against {median(baseline.costs):.1f} ms of processor time"
    return replace(result, detail=f"{result.detail}; {cost}")


def inviting(url: str, workspaces: list[str], *headers: str) -> Load:
    """Somebody else each time; each connection into a workspace of its own."""
    random = Random(SEED)

    def request(number: int, count: int) -> bytes:
        body = json.dumps({"email": f"p{random.getrandbits(64):x}@example.org", "role": "viewer"}).encode()
        return post(f"{url}/v1/workspaces/{workspaces[number]}/invitations", body, *headers)

    return Load(url, len(workspaces), request, expected=(201,))


def _bare(made: Installation, database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute(http_rpc.TABLE)
    start.service(made, "http_rpc", "BareService", database_url)
    url = start.web(made, "http_rpc", "BareGateway")
    body = {"email": "first@example.org", "role": "viewer"}
    eventually(lambda: requests.post(f"{url}/v1/workspaces/{uuid4()}/invitations", json=body, timeout=2).status_code == 201)
    return url
