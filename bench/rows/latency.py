"""How long after its commit a command is visible in another service's view, at a steady 50 commands a second."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg

from bench.installation import Installation, distributed
from bench.measure import Result, percentile
from bench.servers import Servers
from services.chassis.rpc_client import RpcClient
from tests.servers import eventually

RATE = 50
GOAL = 100.0
WARM_UP = 100

# Both moments by the one clock that knows: PostgreSQL notes when each transaction committed.
_DELAYS = """SELECT extract(epoch FROM pg_xact_commit_timestamp(seen.xmin) - pg_xact_commit_timestamp(made.xmin))::float * 1000
    FROM workspaces.stored_events made JOIN authz.members seen ON seen.workspace_id = made.originator_id
    WHERE made.topic = 'workspaces.member.joined' ORDER BY made.notification_id"""


def run(servers: Servers, quick: bool) -> list[Result]:
    with distributed(servers) as made, psycopg.connect(made.database_url, autocommit=True) as connection:
        commands = WARM_UP + RATE * (5 if quick else 30)
        _send(made, commands)
        eventually(lambda: len(connection.execute(_DELAYS.encode()).fetchall()) >= commands)
        delays = [delay for (delay,) in connection.execute(_DELAYS.encode()).fetchall()[WARM_UP:]]
    middle, late = percentile(delays, 50), percentile(delays, 99)
    what = f"commit in workspaces to visible in authz, {RATE} commands a second: p99"
    detail = f"p50 {middle:.1f} ms, p99 {late:.1f} ms, longest {max(delays):.1f} ms of {len(delays)} commands"
    return [Result("latency", what, late, "ms", (min(delays), max(delays)), detail, GOAL, upper=True)]


def _send(made: Installation, commands: int) -> None:
    """Each at its time, whether or not the ones before were answered."""
    client = RpcClient(made.amqp_url, timeout=10)

    def create(number: int) -> None:
        time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        client.call("workspaces", "create_workspace", {"account_id": str(uuid4()), "name": f"Vision {number}", "slug": f"v-{number}"})

    with ThreadPoolExecutor(16) as pool:
        began = time.perf_counter()
        list(pool.map(create, range(commands)))
    client.close()
