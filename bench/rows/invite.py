"""Inviting a member over HTTP: gateway, RPC, two aggregates loaded, event and views in one transaction, the event published.

Measured twice: with the workers on the same processors (every invitation is also mailed, journalled and heard of by authz
while the next ones are asked for), and with nobody consuming beside it, which is what a request itself takes.
"""

import json
from random import Random
from uuid import uuid4

import psycopg
import requests

from bench.baselines import http_rpc, start
from bench.client import Load, post
from bench.installation import Installation, distributed
from bench.measure import SEED, Result, compare
from bench.servers import Servers
from tests.servers import eventually

CONNECTIONS = 8
GOAL = 0.6


def run(servers: Servers, quick: bool) -> list[Result]:
    return [_compared(servers, quick, consuming) for consuming in (True, False)]


def _compared(servers: Servers, quick: bool, consuming: bool) -> Result:
    with distributed(servers, consuming=consuming) as made:
        bare = _bare(made, servers.database())
        workspaces, random = made.workspaces(CONNECTIONS), Random(SEED)

        def request_to(url: str, *headers: str) -> Load:
            def request(number: int, count: int) -> bytes:
                body = json.dumps({"email": f"p{random.getrandbits(64):x}@example.org", "role": "viewer"}).encode()
                return post(f"{url}/v1/workspaces/{workspaces[number]}/invitations", body, *headers)

            return Load(url, CONNECTIONS, request, expected=(201,))

        ours, baseline = request_to(made.url, made.bearer), request_to(bare, made.bearer)
        seconds, rounds = (2.0, 2) if quick else (5.0, 5)

        def invited() -> float:
            rate = ours.rate(seconds)
            made.drain()
            return rate

        beside = "all workers beside it" if consuming else "workers elsewhere"
        what = f"invite a member over HTTP, 8 connections, {beside}; against HTTP → RPC → INSERT"
        return compare("invite", what, GOAL, invited, lambda: baseline.rate(seconds), rounds)


def _bare(made: Installation, database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute(http_rpc.TABLE)
    start.service(made, "http_rpc", "BareService", database_url)
    url = start.web(made, "http_rpc", "BareGateway")
    body = {"email": "first@example.org", "role": "viewer"}
    eventually(lambda: requests.post(f"{url}/v1/workspaces/{uuid4()}/invitations", json=body, timeout=2).status_code == 201)
    return url
