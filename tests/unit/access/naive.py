"""What access means, over plain sets and without a thought for speed. The service's index has to agree with this."""

from dataclasses import dataclass, field
from math import inf
from typing import Any

from services.authz.engine.state import RuleFacts

USERS, ADMINS, QUEUE_ADMINS = "users", "admins", "queue_admins"
BUILT_IN = (USERS, ADMINS, QUEUE_ADMINS)
Resource = tuple[str, str]


@dataclass
class World:
    members: dict[str, tuple[str, float, int]] = field(default_factory=dict)  # account -> role, until, tenure
    groups: set[str] = field(default_factory=lambda: set(BUILT_IN))
    joined: set[tuple[str, str, int]] = field(default_factory=set)  # group, account, tenure
    nested: set[tuple[str, str]] = field(default_factory=set)  # child, parent
    rules: dict[str, RuleFacts] = field(default_factory=dict)
    parents: dict[Resource, Resource | None] = field(default_factory=dict)
    events: dict[tuple[Any, ...], int] = field(default_factory=dict)  # what is so -> the change that made it so

    def allowed(self, account: str, action: str, resource: Resource, now: float) -> bool:
        role, until, tenure = self.members.get(account, ("nobody", 0.0, 0))
        if until <= now:
            return False
        if resource[0] == "queue" and action in ("create", "delete", "rename"):
            return QUEUE_ADMINS in self.groups_of(account)
        if role == "admin":
            return True
        line = self.line(resource)
        rules = [
            rule for rule in self.rules.values() if any(rule.resource_type == type and rule.resource_id in (id, None) for type, id in line)
        ]
        if not rules:
            return action == "read" or role == "editor"
        enough = ("read", "modify") if action == "read" else ("modify",)
        good = [rule for rule in rules if rule.permission in enough and (rule.until is None or now < rule.until)]
        return any((account, tenure) in rule.users or self.groups_of(account) & set(rule.groups) for rule in good)

    def line(self, resource: Resource) -> list[Resource]:
        """The resource, what holds it, and so on up to the root."""
        parent = self.parents.get(resource)
        return [resource] if parent is None else [resource, *self.line(parent)]

    def groups_of(self, account: str) -> set[str]:
        """The groups that hold the member, and the groups that hold those."""
        role, _, tenure = self.members[account]
        found = {USERS, ADMINS} if role == "admin" else {USERS}
        found |= {group for group, *who in self.joined if who == [account, tenure]}
        while more := {parent for child, parent in self.nested if child in found} - found:
            found |= more
        return found

    # What changes it; the same names as the index has.

    def admit(self, account: str, role: str, until: float | None, tenure: int, event: int) -> None:
        self.members[account] = role, inf if until is None else until, tenure
        self.events["admit", account] = self.events["role", account] = event

    def set_role(self, account: str, role: str, event: int) -> None:
        self.members[account] = role, *self.members[account][1:]
        self.events["role", account] = event

    def set_term(self, account: str, until: float | None) -> None:
        role, _, tenure = self.members[account]
        self.members[account] = role, inf if until is None else until, tenure

    def depart(self, account: str) -> None:
        del self.members[account]

    def put_group(self, group: str) -> None:
        self.groups.add(group)

    def drop_group(self, group: str) -> None:
        self.groups.discard(group)
        self.joined = {join for join in self.joined if join[0] != group}
        self.nested = {edge for edge in self.nested if group not in edge}

    def join(self, group: str, account: str, tenure: int, event: int) -> None:
        self.joined.add((group, account, tenure))
        if account in self.members and self.members[account][2] == tenure:
            self.events["join", group, account] = event

    def part(self, group: str, account: str) -> None:
        self.joined = {join for join in self.joined if join[:2] != (group, account)}

    def nest(self, child: str, parent: str, event: int) -> None:
        self.nested.add((child, parent))
        self.events["nest", child, parent] = event

    def unnest(self, child: str, parent: str) -> None:
        self.nested.discard((child, parent))

    def put_rule(self, rule: str, facts: RuleFacts) -> None:
        self.rules[rule] = facts

    def drop_rule(self, rule: str) -> None:
        self.rules.pop(rule, None)

    def put_resource(self, type: str, id: str, parent: Resource | None, event: int) -> None:
        self.parents[type, id] = parent
        self.events["place", type, id] = event

    def drop_resource(self, type: str, id: str) -> None:
        self.parents.pop((type, id), None)
