"""The table of named cases, asked of the meaning and of the index."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.authz.engine import state
from services.authz.engine.explain import Explanation, Missing, Reason, explain
from services.authz.engine.state import RuleFacts
from services.authz.engine.trial import Change
from tests.unit.access.naive import BUILT_IN, Resource
from tests.unit.access.worlds import History, index_of, world_of

MODELS = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text())


def cases() -> Iterator[Any]:
    for model in MODELS:
        marks = [pytest.mark.feature(*model["feature"])] if "feature" in model else []
        for case in model["cases"]:
            yield pytest.param(model, case, id=f"{model['model']}: {case['name']}", marks=marks)


# As many groups as there are have bits, or one, or none.
@pytest.mark.parametrize("bits", [4_096, 1, 0])
@pytest.mark.parametrize(("model", "case"), list(cases()))
def test_the_answer_and_its_reason(model: dict[str, Any], case: dict[str, Any], bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "BITS", bits)
    history = history_of(model)
    account, action, resource, now = question(case["ask"])
    index = index_of(history)
    assert world_of(history).allowed(account, action, resource, now) == case["answer"]
    assert index.allowed(account, action, *resource, now) == case["answer"]
    explanation = explain(index, account, action, *resource, now)
    assert (explanation.because is not None) == case["answer"]
    assert told(explanation) == case["reason"]


def test_there_are_enough_cases_and_no_two_are_called_the_same() -> None:
    names = [(model["model"], case["name"]) for model in MODELS for case in model["cases"]]
    assert len(names) == len(set(names)) >= 120


def history_of(model: dict[str, Any]) -> History:
    groups = model.get("groups", {})
    members = [_member(*who) for who in model["members"].items()]
    put = [Change("put_group", (id,)) for id in groups if id not in BUILT_IN]
    fill = [_place(group, name, name in groups) for group, names in groups.items() for name in names]
    resources = [_resource(text) for text in model["resources"]]
    rules = [_rule(id, rule, groups) for id, rule in model.get("rules", {}).items()]
    return [*members, *put, *fill, *resources, *rules, *(Change(method, _tupled(rest)) for method, *rest in model.get("then", ()))]


def _member(account: str, stay: str) -> Change:
    role, _, until = stay.partition(" until ")
    return Change("admit", (account, role, float(until) if until else None, 1, 0))


def _place(group: str, name: str, is_group: bool) -> Change:
    return Change("nest", (name, group, 0)) if is_group else Change("join", (group, name, 1, 0))


def _resource(text: str) -> Change:
    name, _, parent = text.partition(" in ")
    return Change("put_resource", (*_named(name), _named(parent) if parent else None, 0))


def _rule(id: str, rule: dict[str, Any], groups: dict[str, Any]) -> Change:
    type, _, name = rule["of"].partition("/")
    permission = "modify" if "modify" in rule else "read"
    named = [assignee for assignee in rule[permission] if assignee in (*groups, *BUILT_IN)]
    users = [(assignee, 1) for assignee in rule[permission] if assignee not in named]
    return Change("put_rule", (id, RuleFacts(type, name or None, permission, users, named, rule.get("until"))))


def _tupled(arguments: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(argument) if isinstance(argument, list) else argument for argument in arguments)


def _named(text: str) -> Resource:
    type, _, id = text.partition("/")
    return type, id


def question(text: str) -> tuple[str, str, Resource, float]:
    asked, _, when = text.partition(" at ")
    account, action, resource = asked.split(" ", 2)
    return account, action, _named(resource), float(when or 0)


def told(explanation: Explanation) -> str:
    if explanation.because:
        return _reason(explanation.because)
    return _missing(explanation.nearest) if explanation.nearest else "nothing"


def _reason(reason: Reason) -> str:
    words = reason.built_in or f"rule {reason.rule_id}"
    words += f" via {', '.join(reason.via)}" if reason.via else ""
    return words + (f" on {_subject(*reason.inherited_from)}" if reason.inherited_from else "")


def _missing(missing: Missing) -> str:
    if missing.wants == "rule":
        subject = _subject(*missing.subject)
        return f"rule {missing.rule_id} on {subject}" if missing.rule_id else f"a rule on {subject} that says {missing.permission}"
    return f"{missing.wants} {missing.role}" if missing.role else missing.wants


def _subject(type: str, id: str | None) -> str:
    return f"{type}/{id}" if id else f"every {type}"
