"""Deciding in memory: the index beside other engines on one world, and what it costs when there is more of everything."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from random import Random

from bench.access_engines import Engine, casbin_fast, cedar, loop, ours
from bench.access_world import GROUPS, PROJECTS, TASKS, USERS, World, name, populated, ruled, world
from bench.measure import SEED, Result, compare, percentile
from bench.processes import ROOT
from bench.servers import Servers
from services.authz.engine.impact import impact
from services.authz.engine.index import Index
from services.authz.engine.state import RuleFacts
from services.authz.engine.trial import Change
from tests.servers import unwatch, watch

RULES, MANY, MOST = 10_000, 100_000, 1_000_000
_BY_SIZE = 1.3
_CHANGED_MS = 1.0
_LISTED_MS = 50.0


def run(servers: Servers, quick: bool) -> list[Result]:
    seconds, rounds = (0.3, 3) if quick else (1.0, 9)
    made = world(RULES)
    engine = ours(made)
    results = [_against(engine, *other, seconds, rounds) for other in _others(made)]
    return [*results, *_sizes(seconds, rounds, quick), _changes(quick), *_lists(quick)]


def _others(made: World) -> list[tuple[str, float, Engine]]:
    return [
        ("cedarpy, parsed once, rules as entity data", 10.0, cedar(made)),
        ("casbin's FastEnforcer, which is told the project", 20.0, casbin_fast(made)),
        ("a bare loop over sets", 0.3, loop(made)),
    ]


def _against(engine: Engine, what: str, goal: float, other: Engine, seconds: float, rounds: int) -> Result:
    what = f"check in the process, {RULES:,} rules; against {what}"
    return compare("access", what, goal, lambda: engine.rate(seconds), lambda: other.rate(seconds), rounds)


def _sizes(seconds: float, rounds: int, quick: bool) -> list[Result]:
    """Each size in a process of its own: two indexes in one would push each other out of the processor's caches."""
    sizes = (1_000, RULES, MANY, *(() if quick else (MOST,)))
    with ExitStack() as stack:
        held = {size: stack.enter_context(_held(size)) for size in sizes}
        results = [_slower(held[size], held[RULES], seconds, rounds) for size in sizes if size != RULES]
        return [*results, _memory(held[sizes[-1]])]


class Held:
    """An index in a process of its own."""

    def __init__(self, rules: int) -> None:
        self.rules = rules
        words = [sys.executable, "-m", "bench.access_process", str(rules)]
        self.child = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        watch(self.child.pid)
        self.memory = json.loads(self._line())

    def rate(self, seconds: float) -> float:
        print(seconds, file=self.child.stdin, flush=True)
        return float(self._line())

    def end(self) -> None:
        self.child.communicate()
        unwatch(self.child.pid)

    def _line(self) -> str:
        assert self.child.stdout is not None
        if line := self.child.stdout.readline():
            return line
        raise RuntimeError("the process with the index failed")


@contextmanager
def _held(rules: int) -> Iterator[Held]:
    held = Held(rules)
    try:
        yield held
    finally:
        held.end()


def _slower(sized: Held, usual: Held, seconds: float, rounds: int) -> Result:
    """How many times as long a check takes."""
    times = compare("access", "", _BY_SIZE, lambda: usual.rate(seconds), lambda: sized.rate(seconds), rounds)
    what = f"time of a check at {sized.rules:,} rules; against the same at {usual.rules:,}"
    return replace(times, what=what, upper=True)


def _memory(held: Held) -> Result:
    each = held.memory["rules_mb"] * 2**20 / held.rules
    detail = f"{held.memory['rules_mb']:,.0f} MB for them, {held.memory['resources_mb']:,.0f} MB for all else"
    return Result("access", f"memory of an index of {held.rules:,} rules, a rule", each, "bytes", (each, each), detail)


def _changes(quick: bool) -> Result:
    """Each change together with the first check after it, which pays for what the change put off."""
    made = world(MANY)
    index, random, now = ruled(populated(made), made), Random(SEED), time.time()
    kinds = {"grants": _grant, "revocations": _revoke, "departures": _depart}
    taken = {kind: [_timed(change(index, random), index, now) for _ in range(200 if quick else 2_000)] for kind, change in kinds.items()}
    p99 = {kind: percentile(times, 99) for kind, times in taken.items()}
    detail = ", ".join(f"{kind} p50 {percentile(times, 50):.3f} p99 {p99[kind]:.3f} ms" for kind, times in taken.items())
    what = f"a change applied at {MANY:,} rules, and the first check after it: p99"
    return Result("access", what, max(p99.values()), "ms", (min(p99.values()), max(p99.values())), detail, _CHANGED_MS, upper=True)


# What to do, and who then asks for which task.
Made = tuple[Callable[[], None], str, str]


def _grant(index: Index, random: Random) -> Made:
    project, group = name(random.randrange(PROJECTS)), name(random.randrange(GROUPS))
    facts, rule = RuleFacts("project", project, "modify", (), (group,)), f"new {random.random()}"
    return lambda: index.put_rule(rule, facts), name(random.randrange(USERS)), _task(random)


def _revoke(index: Index, random: Random) -> Made:
    rule = random.choice(list(index.rules))
    return lambda: index.drop_rule(rule), name(random.randrange(USERS)), _task(random)


def _depart(index: Index, random: Random) -> Made:
    user = random.choice(list(index.members))
    return lambda: index.depart(user), user, _task(random)


def _task(random: Random) -> str:
    return name(random.randrange(TASKS))


def _timed(made: Made, index: Index, now: float) -> float:
    change, user, task = made
    began = time.process_time()
    change()
    index.allowed(user, "modify", "task", task, now)
    return (time.process_time() - began) * 1_000


def _lists(quick: bool) -> list[Result]:
    """One project holds all tasks: open, then closed to a hundred groups."""
    index, random, now, asked = _one_project(), Random(SEED), time.time(), 50 if quick else 500
    closing = [(f"rule {number}", RuleFacts("project", name(0), "read", (), (name(number),))) for number in range(100)]

    def first_page() -> None:
        index.who_can("task", name(random.randrange(TASKS)), "read", now)

    def dry_run() -> None:
        impact(index, [Change("put_rule", closing[0])], now)

    dry = _asked(f"a dry run of closing a project of {TASKS:,} tasks to one group", dry_run, asked // 25, goal=None)
    opened = _asked(f"first page of who can read in an open project of {TASKS:,} tasks", first_page, asked)
    for rule in closing:
        index.put_rule(*rule)
    return [dry, opened, _asked(f"first page of who can read in one of {TASKS:,} tasks that is closed to 100 groups", first_page, asked)]


def _one_project() -> Index:
    index = populated(world(0, questions=0))
    for task in range(TASKS):
        index.put_resource("task", name(task), ("project", name(0)), task)
    return index


def _asked(what: str, ask: Callable[[], None], times: int, goal: float | None = _LISTED_MS) -> Result:
    taken = []
    for _ in range(times):
        began = time.process_time()
        ask()
        taken.append((time.process_time() - began) * 1_000)
    p50, p99 = percentile(taken, 50), percentile(taken, 99)
    return Result(
        "access", f"{what}: p99", p99, "ms", (min(taken), max(taken)), f"p50 {p50:.2f}, p99 {p99:.2f} ms of {times}", goal, upper=True
    )
