"""What a policy document grants, without asking the cloud: AWS identity policies and GCP roles."""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.chassis.errors import Unprocessable

_EFFECTS = ("Allow", "Deny")


@dataclass(frozen=True)
class Grants:
    """``limited``: granted for some resources or under conditions only, so that it depends on the case."""

    missing: list[str]
    limited: list[str]


@dataclass(frozen=True)
class Statement:
    allows: bool
    # Matched without regard to case, as IAM does.
    pattern: re.Pattern[str]
    # Everything but what is listed: NotAction.
    inverted: bool
    always: bool

    def concerns(self, action: str) -> bool:
        return (self.pattern.fullmatch(action) is not None) != self.inverted


def aws_grants(document: Mapping[str, Any], needed: Sequence[str]) -> Grants:
    """A Deny beats every Allow; what nobody allows is missing. Raises Unprocessable, naming the place, for what is no policy."""
    statements = [_statement(each, place) for place, each in _statements(document)]
    found = {action: _judged(statements, action) for action in needed}
    return Grants([a for a in needed if found[a] == "missing"], [a for a in needed if found[a] == "limited"])


def gcp_grants(document: Mapping[str, Any], needed: Sequence[str]) -> Grants:
    """A role, as ``gcloud iam roles describe ROLE --format json`` shows it."""
    included = document.get("includedPermissions")
    if not isinstance(included, list) or not all(isinstance(each, str) for each in included):
        raise _invalid("includedPermissions", "A list of permissions, as in a role.")
    return Grants([permission for permission in needed if permission not in set(included)], [])


def _judged(statements: Sequence[Statement], action: str) -> str:
    concerned = [statement for statement in statements if statement.concerns(action)]
    allowing, denying = [s for s in concerned if s.allows], [s for s in concerned if not s.allows]
    if not allowing or any(s.always for s in denying):
        return "missing"
    return "limited" if denying or not any(s.always for s in allowing) else "granted"


def _statements(document: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found = document.get("Statement")
    if isinstance(found, dict):
        return [("Statement", found)]
    if not isinstance(found, list) or not found:
        raise _invalid("Statement", "One statement or a list of them.")
    return [(f"Statement[{number}]", each) for number, each in enumerate(found)]


def _statement(value: Any, place: str) -> Statement:
    if not isinstance(value, dict) or value.get("Effect") not in _EFFECTS:
        raise _invalid(f"{place}.Effect", "Allow or Deny.")
    actions, resources = _either(value, place, "Action"), _either(value, place, "Resource")
    expressions = (fnmatch.translate(action.replace("[", "[[]")) for action in _texts(value[actions], f"{place}.{actions}"))
    everywhere = resources == "Resource" and "*" in _texts(value["Resource"], f"{place}.Resource")
    return Statement(
        allows=value["Effect"] == "Allow",
        pattern=re.compile("|".join(f"(?:{expression})" for expression in expressions), re.IGNORECASE),
        inverted=actions == "NotAction",
        always=everywhere and not value.get("Condition"),
    )


def _either(value: Mapping[str, Any], place: str, name: str) -> str:
    present = [each for each in (name, f"Not{name}") if each in value]
    if len(present) != 1:
        raise _invalid(f"{place}.{name}", f"Either {name} or Not{name}.")
    return present[0]


def _texts(value: Any, place: str) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(each, str) and 0 < len(each) <= 2048 for each in texts):
        raise _invalid(place, "A text or a list of texts.")
    return texts


def _invalid(place: str, hint: str) -> Unprocessable:
    return Unprocessable("invalid_policy", f"{place}: {hint}", {"policy": {place: [hint]}})
