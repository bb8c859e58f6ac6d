"""Saving a cloud credential over HTTP: sealed under a key of its own, with its event and its view row in one transaction.

The credential is a key file of a service account, some 2 kB; the baseline inserts the same bytes as they came.
"""

import json

import psycopg
import requests

from bench.baselines import http_rpc, start
from bench.client import Load, post
from bench.installation import Installation, distributed
from bench.measure import Result, compare
from bench.servers import Servers
from tests.builders.vault import key_file
from tests.servers import eventually

CONNECTIONS = 8
GOAL = 0.6
BODY = json.dumps({"provider": "gcp", "name": "runner", "uses": ["compute"], "credentials": key_file()}).encode()


def run(servers: Servers, quick: bool) -> list[Result]:
    with distributed(servers, consuming=False, GATEHOUSE_CLOUD_CREDENTIALS="1000000") as made:
        workspaces = made.workspaces(CONNECTIONS)
        bare = _bare(made, servers.database(), workspaces[0])

        def request_to(url: str) -> Load:
            def request(number: int, count: int) -> bytes:
                return post(f"{url}/v1/workspaces/{workspaces[number]}/cloud-credentials", BODY, made.bearer)

            return Load(url, CONNECTIONS, request, expected=(201,))

        ours, baseline = request_to(made.url), request_to(bare)
        seconds, rounds = (2.0, 2) if quick else (5.0, 5)
        what = "encrypt and save a cloud credential over HTTP, 8 connections; against HTTP → RPC → INSERT of the same bytes"
        return [compare("seal", what, GOAL, lambda: ours.rate(seconds), lambda: baseline.rate(seconds), rounds)]


def _bare(made: Installation, database_url: str, workspace_id: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute(http_rpc.TEXTS)
    start.service(made, "http_rpc", "BareService", database_url)
    url = start.web(made, "http_rpc", "BareGateway")
    path = f"{url}/v1/workspaces/{workspace_id}/cloud-credentials"
    eventually(lambda: requests.post(path, data=BODY, timeout=2).status_code == 201)
    return url
