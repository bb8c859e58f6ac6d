"""Access over HTTP: from a warm gateway, from authz itself, by the thousand, and at another gateway after a change."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from bench.baselines import start
from bench.client import Load, post
from bench.guest import Guest, done
from bench.installation import Installation, distributed
from bench.measure import Result, compare, percentile
from bench.servers import Servers
from bench.traffic import Client
from tests.servers import eventually

CONNECTIONS = 8
RATE = 100
PROJECTS, TASKS = 100, 10_000
BATCH = 1_000
_GOALS = {"warm": 0.7, "cold": 25.0, "batch": 20.0, "elsewhere": 100.0}


class World:
    """A workspace of 10,000 tasks in 100 projects, a rule on each; an editor who is named by every second of them."""

    def __init__(self, made: Installation) -> None:
        self.operator, self.guest = Client(made.url, f"Bearer {made.token}"), Guest(made)
        self.path = f"/v1/workspaces/{made.workspaces(1)[0]}"
        self.guest.join(self.path, "editor")
        projects = [{"op": "put", "type": "project", "id": f"p{n}", "name": f"P{n}"} for n in range(PROJECTS)]
        tasks = [{"op": "put", "type": "task", "id": f"t{n}", "name": f"T{n}", "parent": parent(n)} for n in range(TASKS)]
        for changes in (projects, tasks):
            done(self.operator, "POST", f"{self.path}/resources:batch", {"changes": changes})
        owner = done(self.operator, "GET", "/v1/account")["id"]
        self.rules = [self._rule(n, self.guest.account_id if n % 2 else owner) for n in range(PROJECTS)]
        # Each is asked about once: nothing of it is remembered anywhere.
        self.unasked = iter(range(TASKS))

    def questions(self, number: int) -> list[dict[str, object]]:
        return [question(n) for n in islice(self.unasked, number)]

    def _rule(self, project: int, account_id: str) -> dict[str, object]:
        body = {"resource_type": "project", "resource_id": f"p{project}", "permission": "modify", "users": [account_id]}
        return done(self.operator, "POST", f"{self.path}/rules", body)


def parent(task: int) -> dict[str, str]:
    return {"type": "project", "id": f"p{task % PROJECTS}"}


def question(task: int) -> dict[str, object]:
    return {"action": "modify", "resource": {"type": "task", "id": f"t{task}"}}


def run(servers: Servers, quick: bool) -> list[Result]:
    with distributed(servers) as made:
        world = World(made)
        return [_warm(made, world, quick), _cold(made, world, quick), _batch(made, world, quick), _elsewhere(made, world, quick)]


def _warm(made: Installation, world: World, quick: bool) -> Result:
    bare = start.web(made, "flask_route", "BareRoute")
    bodies = [json.dumps(asked).encode() for asked in world.questions(CONNECTIONS)]

    def load(url: str) -> Load:
        requests = [post(f"{url}{world.path}/check", body, f"Authorization: {world.guest.shows}") for body in bodies]
        return Load(url, CONNECTIONS, lambda number, count: requests[number])

    ours, baseline = load(made.url), load(bare)
    seconds, rounds = (2.0, 2) if quick else (4.0, 9)
    what = "check of a task in a closed project over HTTP, warm gateway; against a bare Flask route"
    return compare("decisions", what, _GOALS["warm"], lambda: ours.rate(seconds), lambda: baseline.rate(seconds), rounds)


def _cold(made: Installation, world: World, quick: bool) -> Result:
    """At a steady rate, each question new: every one takes a call to authz."""
    asked = world.questions(RATE * (3 if quick else 20))
    clients = [Client(made.url, world.guest.shows) for _ in range(CONNECTIONS)]
    took: list[float] = []

    def ask(number: int) -> None:
        for turn in range(number, len(asked), CONNECTIONS):
            time.sleep(max(0.0, began + turn / RATE - time.perf_counter()))
            at = time.perf_counter()
            done(clients[number], "POST", f"{world.path}/check", asked[turn])
            took.append((time.perf_counter() - at) * 1000)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        began = time.perf_counter()
        list(pool.map(ask, range(CONNECTIONS)))
    return _late(f"check over HTTP that nothing remembers, {RATE} a second: p99", took, _GOALS["cold"])


def _batch(made: Installation, world: World, quick: bool) -> Result:
    client = Client(made.url, world.guest.shows)

    def batch() -> float:
        body = {"checks": world.questions(BATCH)}
        began = time.perf_counter()
        done(client, "POST", f"{world.path}/check:batch", body)
        return BATCH / (time.perf_counter() - began)

    def single() -> float:
        asked = world.questions(BATCH)
        began = time.perf_counter()
        for each in asked:
            done(client, "POST", f"{world.path}/check", each)
        return BATCH / (time.perf_counter() - began)

    what = f"{BATCH:,} checks in one batch that nothing remembers; against as many single ones"
    return compare("decisions", what, _GOALS["batch"], batch, single, 1 if quick else 2)


def _elsewhere(made: Installation, world: World, quick: bool) -> Result:
    """The guest's right on a project is narrowed and widened in turn; the other gateway has just answered from memory."""
    there = Client(made.second_gateway(), world.guest.shows)
    rule, task = world.rules[1], question(1)
    body = {name: rule[name] for name in ("resource_type", "resource_id", "users")}

    def allowed() -> bool:
        return bool(done(there, "POST", f"{world.path}/check", task)["allowed"])

    took = []
    for turn in range(20 if quick else 200):
        narrowed = turn % 2 == 0
        eventually(lambda before=narrowed: allowed() is before and allowed() is before, every=0.002)
        done(world.operator, "PUT", f"{world.path}/rules/{rule['id']}", body | {"permission": "read" if narrowed else "modify"})
        began = time.perf_counter()
        while allowed() is narrowed:
            pass
        took.append((time.perf_counter() - began) * 1000)
    return _late("rule changed at one gateway to decided so by another: p99", took, _GOALS["elsewhere"])


def _late(what: str, took: list[float], goal: float) -> Result:
    middle, late, longest = percentile(took, 50), percentile(took, 99), max(took)
    detail = f"p50 {middle:.1f} ms, p99 {late:.1f} ms, longest {longest:.1f} ms of {len(took)}"
    return Result("decisions", what, late, "ms", (min(took), longest), detail, goal, upper=True)
