"""Reporting usage over HTTP in batches of 1,000: gateway, RPC, each record judged, ids looked up, event and rows in one transaction.

All workers run beside it: billing has to hear of a workspace before it takes anything for it.
"""

import json
from datetime import UTC, datetime, timedelta
from statistics import median

from bench.client import Load, post
from bench.cost import Metered
from bench.installation import Installation, distributed
from bench.measure import Result
from bench.servers import Servers
from tests.servers import eventually

BATCH, CONNECTIONS = 1_000, 8
GOAL = 10_000
_MARK = b"@batch@@"


def run(servers: Servers, quick: bool) -> list[Result]:
    with distributed(servers) as made:
        load = Metered(reporting(made, made.workspaces(CONNECTIONS)), made, servers, drained=False)
        seconds, rounds = (2.0, 2) if quick else (5.0, 7)
        load.rate(seconds)
        load.costs.clear()
        rates = [BATCH * load.rate(seconds) for _ in range(rounds)]
    what = f"records of usage reported over HTTP, {BATCH:,} in a batch, {CONNECTIONS} connections"
    detail = f"{median(load.costs) * 1000 / BATCH:.0f} µs of processor time a record, in all processes"
    return [Result("usage", what, median(rates), "/s", (min(rates), max(rates)), detail, GOAL)]


def reporting(made: Installation, workspaces: list[str]) -> Load:
    """Other ids each time, of three metrics, spread over the last two days; each connection for a workspace of its own."""
    now = datetime.now(UTC)
    records = [
        {
            "id": f"{_MARK.decode()}-{number}",
            "metric": ("storage", "api_calls", "api_calls")[number % 3],
            "quantity": number * 1_000_003 % 10**9,
            "at": (now - timedelta(seconds=number * 172)).isoformat(),
        }
        for number in range(BATCH)
    ]
    body = json.dumps({"records": records}).encode()

    for workspace in workspaces:
        eventually(lambda workspace=workspace: made.post(f"/v1/workspaces/{workspace}/usage", {"records": records[:1]}), within=60)

    def request(number: int, count: int) -> bytes:
        return post(f"{made.url}/v1/workspaces/{workspaces[number]}/usage", body.replace(_MARK, b"%02x%06x" % (number, count)), made.bearer)

    return Load(made.url, len(workspaces), request)
