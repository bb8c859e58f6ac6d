"""What authz decides, as this gateway remembers it or asks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from gateway.access import Decision, Scopes, decisions_scope, ending, member_scopes, resource_scope
from gateway.calls import Request, ask, this_request
from gateway.past import Past
from services.chassis.errors import NotFound, PermissionDenied

ACTIONS = ("read", "modify", "create", "delete", "rename")
TYPES = ("project", "task", "model", "dataview", "dataset", "queue")


_NOW = Past()


class Question(NamedTuple):
    account_id: str
    action: str
    type: str
    id: str


def decide(req: Request, workspace_id: str, question: Question, at_least: int = 0) -> Decision:
    """``at_least``: a position of authz's log that the decision must know."""
    access = req.gateway.access

    def answer() -> Decision:
        return _decision(_ask("check", workspace_id, at_least, **_asked(question)))

    decision = access.through(access.decisions, (workspace_id, question), answer, lambda _: _scopes(workspace_id, question), _until)
    return decision if decision.position >= at_least else answer()


def decide_all(req: Request, workspace_id: str, questions: Sequence[Question], at_least: int = 0, when: Past = _NOW) -> list[Decision]:
    """In order; what is not remembered is asked for at once. Of the past nothing is."""
    access = req.gateway.access

    def answer(indexes: list[int]) -> list[Decision | None]:
        found = _ask("check_batch", workspace_id, at_least, checks=[_asked(questions[index]) for index in indexes], **when.of("authz"))
        return [_decision(result | {"position": found["position"]}) for result in found["results"]]

    if when.moment:
        return answer(list(range(len(questions))))  # type: ignore[return-value]
    keys = [(workspace_id, question) for question in questions]
    decisions = access.through_all(access.decisions, keys, answer, lambda index: _scopes(workspace_id, questions[index]), _until)
    if any(decision is None or decision.position < at_least for decision in decisions):
        decisions = answer(list(range(len(questions))))
    return decisions  # type: ignore[return-value]


def answered(workspace_id: str, question: Question, at_least: int = 0, *, explain: bool, when: Past = _NOW) -> dict[str, Any]:
    """By authz itself; never remembered."""
    return _ask("check", workspace_id, at_least, explain=explain, **_asked(question), **when.of("authz"))


def demand(req: Request, workspace_id: str, question: Question) -> None:
    """Raises the refusal: NotFound where the caller may not even read, so that nothing is given away."""
    if (decision := decide(req, workspace_id, question)).allowed:
        return
    check_paid(decision)
    if question.action != "read" and decide(req, workspace_id, question._replace(action="read")).allowed:
        raise PermissionDenied("access_denied", f"You may read this {question.type}, but not {question.action} it.")
    raise NotFound("resource_not_found", "There is no such resource here, or you may not see it.")


def check_paid(decision: Decision) -> None:
    if decision.reason:
        raise PermissionDenied(decision.reason, "The projects of this workspace are closed until it has paid; its invoices say what.")


def at(workspace_id: Any) -> dict[str, Any]:
    """Every call of authz: what this gateway has heard of a workspace's members, authz must have heard too."""
    return {"workspace_id": str(workspace_id), "heard": this_request().gateway.access.seen.of(str(workspace_id)) or None}


def _ask(method: str, workspace_id: str, at_least: int, **payload: Any) -> dict[str, Any]:
    return ask("authz", method, **at(workspace_id), at_least=at_least or None, **payload)


def _asked(question: Question) -> dict[str, Any]:
    return {"account_id": question.account_id, "action": question.action, "resource": {"type": question.type, "id": question.id}}


def _scopes(workspace_id: str, question: Question) -> Scopes:
    of_resource = resource_scope(workspace_id, question.type, question.id)
    return (*member_scopes(workspace_id, question.account_id), decisions_scope(workspace_id), of_resource)


def _decision(found: dict[str, Any]) -> Decision:
    return Decision(found["allowed"], found["position"], ending(found["expires_at"]), found.get("reason", ""))


def _until(decision: Decision) -> float:
    return decision.until
