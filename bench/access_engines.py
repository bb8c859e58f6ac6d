"""The world in each engine: how it is asked, and the questions in the words that it takes, put together before the clock runs."""

import json
import logging
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import casbin
import cedarpy
from casbin.persist import Adapter

from bench.access_world import GROUPS, PROJECTS, World, name, populated, ruled
from services.authz.engine.index import Index

_AT_ONCE = 256


@dataclass(frozen=True)
class Engine:
    check: Callable[..., Any]
    questions: list[tuple[Any, ...]]
    answers: list[bool]
    answer: Callable[[Any], bool] = bool

    def proven(self) -> "Engine":
        for question, expected in zip(self.questions[:500], self.answers, strict=False):
            if self.answer(self.check(*question)) != expected:
                raise RuntimeError("a wrong answer")
        return self

    def rate(self, seconds: float) -> float:
        """Questions a second of this process's own time: nothing here waits, and what else the machine does is not to count."""
        check, questions, asked = self.check, cycle(self.questions), 0
        began = time.process_time()
        while (now := time.process_time()) - began < seconds:
            for question in islice(questions, _AT_ONCE):
                check(*question)
            asked += _AT_ONCE
        return asked / (now - began)


def ours(world: World, index: Index | None = None) -> Engine:
    made = index or ruled(populated(world), world)
    now = time.time()
    return _engine(world, made.allowed, lambda user, task: (name(user), "modify", "task", name(task), now))


def loop(world: World) -> Engine:
    """No engine: a set of pairs and the groups of a user, as plain as CPython allows."""
    rules, groups_of, project_of = set(world.rules), world.groups_of, world.project_of

    def check(user: int, task: int) -> bool:
        project = project_of[task]
        for group in groups_of[user]:  # noqa: SIM110 - any() would be slower
            if (group, project) in rules:
                return True
        return False

    return _engine(world, check, lambda user, task: (user, task))


_CEDAR = 'permit(principal, action == Action::"modify", resource is Task) when { principal in resource.project.writers };'


def cedar(world: World) -> Engine:
    """Its fastest way here: one policy, the rules as data of the entities, both parsed once."""
    policies, entities = cedarpy.PolicySet.from_str(_CEDAR), cedarpy.Entities.from_json_str(json.dumps(_entities(world)))

    def question(user: int, task: int) -> tuple[Any, ...]:
        asked = {"principal": _uid("User", user), "action": _uid("Action", "modify"), "resource": _uid("Task", task), "context": {}}
        return asked, policies, entities

    return _engine(world, cedarpy.is_authorized, question, lambda result: result.allowed)


def _entities(world: World) -> list[dict[str, Any]]:
    writers = defaultdict(list)
    for group, project in world.rules:
        writers[project].append({"__entity": _uid("Group", group)})
    return [
        *(_entity("Group", group) for group in range(GROUPS)),
        *(_entity("User", user, parents=[_uid("Group", group) for group in groups]) for user, groups in enumerate(world.groups_of)),
        *(_entity("Project", project, writers=writers[project]) for project in range(PROJECTS)),
        *(
            _entity("Task", task, parents=[_uid("Project", project)], project={"__entity": _uid("Project", project)})
            for task, project in enumerate(world.project_of)
        ),
    ]


def _entity(type: str, id: int, parents: list[dict[str, str]] | None = None, **attributes: Any) -> dict[str, Any]:
    return {"uid": _uid(type, id), "attrs": attributes, "parents": parents or []}


def _uid(type: str, id: int | str) -> dict[str, str]:
    return {"type": type, "id": str(id)}


_CASBIN = """[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && r.act == p.act && g(r.sub, p.sub)
"""


def casbin_fast(world: World) -> Engine:
    """FastEnforcer, which looks rules up by object and action; which project a task lies in is looked up for it."""
    logging.getLogger("casbin").setLevel(logging.CRITICAL)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as model:
        model.write(_CASBIN)
        model.flush()
        enforcer = casbin.FastEnforcer(model.name, _Rows(world), cache_key_order=[1, 2])
    return _engine(world, enforcer.enforce, lambda user, task: (f"u{user}", f"p{world.project_of[task]}", "modify"))


class _Rows(Adapter):
    """Straight into the model: adding rules one by one looks for each among all before it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def load_policy(self, model: Any) -> None:
        add = model.model["p"]["p"].policy.append
        for group, project in self._world.rules:
            add([f"g{group}", f"p{project}", "modify"])
        add = model.model["g"]["g"].policy.append
        for user, groups in enumerate(self._world.groups_of):
            for group in groups:
                add([f"u{user}", f"g{group}"])


def _engine(
    world: World, check: Callable[..., Any], question: Callable[[int, int], tuple[Any, ...]], answer: Callable[[Any], bool] = bool
) -> Engine:
    questions = [question(user, task) for user, task, _ in world.questions]
    return Engine(check, questions, [answer for _, _, answer in world.questions], answer).proven()
