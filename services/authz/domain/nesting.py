from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict

# Groups on the longest way from one down to the last that lies in it.
DEEPEST = 16

Edges = dict[str, list[str]]


class Nesting(Aggregate):
    """Which groups of a workspace lie in which. One stream, because only the whole tells whether there is a circle."""

    TOPIC = "authz.nesting"

    class Created(Aggregate.Created):
        TOPIC = "authz.group.nesting_opened"
        workspace_id: UUID

    class Changed(Aggregate.Event):
        """Both by the group that lies in others, with those."""

        TOPIC = "authz.group.nesting_changed"
        workspace_id: UUID
        nested: dict[str, list[str]]
        unnested: dict[str, list[str]]

    @event(Created)
    def __init__(self, workspace_id: UUID) -> None:
        self.workspace_id = workspace_id
        self.parents: Edges = {}

    @staticmethod
    def create_id(workspace_id: UUID) -> UUID:
        return uuid5(workspace_id, "nesting")

    def children_of(self, group_id: UUID) -> set[str]:
        return {child for child, parents in self.parents.items() if str(group_id) in parents}

    def set_children(self, group_id: UUID, child_ids: Iterable[UUID]) -> None:
        """These, and no others, lie in this group."""
        parent, wanted = str(group_id), {str(child_id) for child_id in child_ids}
        before = self.children_of(group_id)
        added, removed = sorted(wanted - before), sorted(before - wanted)
        if not added and not removed:
            return
        nested, unnested = {child: [parent] for child in added}, {child: [parent] for child in removed}
        _check(_applied(self.parents, nested, unnested), parent)
        self._changed(workspace_id=self.workspace_id, nested=nested, unnested=unnested)

    def forget(self, group_id: UUID) -> None:
        """It lies nowhere any more, and nothing in it."""
        group = str(group_id)
        unnested = {child: [group] for child in sorted(self.children_of(group_id))}
        if parents := self.parents.get(group):
            unnested[group] = list(parents)
        if unnested:
            self._changed(workspace_id=self.workspace_id, nested={}, unnested=unnested)

    @event(Changed)
    def _changed(self, workspace_id: UUID, nested: dict[str, Any], unnested: dict[str, Any]) -> None:
        self.parents = _applied(self.parents, nested, unnested)


def _applied(parents: Edges, nested: Edges, unnested: Edges) -> Edges:
    changed = dict(parents)
    for child, gone in unnested.items():
        changed[child] = [parent for parent in changed.get(child, []) if parent not in gone]
    for child, new in nested.items():
        changed[child] = [*changed.get(child, []), *new]
    return {child: found for child, found in changed.items() if found}


def _check(parents: Edges, changed: str) -> None:
    """Only ways through the changed group are new, so a new circle would come back to it."""
    children: Edges = {}
    for child, found in parents.items():
        for parent in found:
            children.setdefault(parent, []).append(child)
    if _length(parents, changed) + _length(children, changed) - 1 > DEEPEST:
        raise Conflict("group_too_deep", f"groups may lie in one another {DEEPEST} deep")


def _length(edges: Edges, start: str) -> int:
    """Of the longest way, level by level: groups that are still reached after that many steps. Raises for a circle."""
    level, length = {start}, 0
    while level:
        length += 1
        level = {to for group in level for to in edges.get(group, ())}
        if start in level:
            raise Conflict("group_cycle", "a group cannot lie in itself, nor in one that lies in it")
    return length
