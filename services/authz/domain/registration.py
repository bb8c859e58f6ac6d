"""What may become of the tree of resources: decided change by change, each on what the ones before it left."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.chassis.errors import Conflict, NotFound, PermissionDenied, ServiceError, Unprocessable

PROJECT, QUEUE = "project", "queue"
UNCHANGED = "unchanged"

Key = tuple[str, str]
Line = list[Key]


@dataclass(frozen=True, slots=True)
class Resource:
    """``parent``: the id of the project it lies in."""

    name: str
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the view has of all that a call names: the resources, the projects above them, and of projects how much they hold."""

    resources: Mapping[Key, Resource]
    children: Mapping[str, int]
    heights: Mapping[str, int]


class Registration:
    """``may``: whether the caller may do that to what lies on that line, from itself up to its root. ``no_room``: why to create nothing."""

    def __init__(self, known: Known, may: Callable[[str, Line], bool], deepest: int, no_room: ServiceError | None = None) -> None:
        self._known, self._may, self._deepest, self._no_room = known, may, deepest, no_room
        self._now: dict[Key, Resource] = dict(known.resources)
        self._children = Counter(known.children)
        self._named: set[Key] = set()
        self._puts: list[dict[str, Any]] = []
        self._deletes: dict[Key, Resource] = {}

    def put(self, key: Key, name: str, parent: str | None) -> str:
        """What it did: created, moved, renamed or unchanged."""
        self._name(key)
        before, place = self._now.get(key), self._place(key, parent)
        if before is None:
            done = "created"
            self._allow("create", [key, *place])
            if self._no_room:
                raise self._no_room
        elif before.parent != parent:
            done = "moved"
            self._check_move(key, before, place)
        else:
            done = UNCHANGED if before.name == name else "renamed"
            self._allow("rename", [key, *place])
        if done != UNCHANGED:
            self._replace(key, Resource(name, parent))
            self._puts.append({"op": done, "type": key[0], "id": key[1], "name": name, "parent": parent})
        return done

    def delete(self, key: Key) -> str:
        """Whether it holds something is seen in the end: what it holds may be deleted later in the same call."""
        self._name(key)
        if (before := self._now.get(key)) is None:
            return UNCHANGED
        self._allow("delete", self._line(key))
        self._deletes[key] = before
        self._replace(key, None)
        return "deleted"

    def settle(self) -> dict[Key, ServiceError]:
        """Refuses the deletions of what would leave something behind."""
        refused: dict[Key, ServiceError] = {}
        # What lies deepest first: a project that has to stay keeps the one it lies in.
        for key in sorted(self._deletes, key=self._depth_before, reverse=True):
            if key[0] == PROJECT and self._children[key[1]]:
                refused[key] = Conflict("resource_not_empty", "it holds resources: delete or move them first, or in the same call")
                self._replace(key, self._deletes.pop(key))
        return refused

    @property
    def changes(self) -> list[dict[str, Any]]:
        return [*self._puts, *({"op": "deleted", "type": kind, "id": id} for kind, id in self.deleted)]

    @property
    def deleted(self) -> Sequence[Key]:
        return sorted(self._deletes, key=self._depth_before, reverse=True)

    def _name(self, key: Key) -> None:
        if key in self._named:
            raise Conflict("resource_repeated", "one call names a resource once")
        self._named.add(key)

    def _place(self, key: Key, parent: str | None) -> Line:
        if parent is None:
            return []
        if key[0] == QUEUE:
            raise Unprocessable("queue_stands_alone", "a queue lies in no project", {"parent": ["Leave it out."]})
        if (PROJECT, parent) not in self._now:
            raise NotFound("parent_not_found", "there is no such project to put it in", {"parent": ["Unknown."]})
        place = self._line((PROJECT, parent))
        if key in place:
            raise Conflict("resource_cycle", "a project cannot lie in itself, nor in one that lies in it")
        if key[0] == PROJECT and len(place) + 1 + self._known.heights.get(key[1], 0) > self._deepest:
            raise Conflict("resource_too_deep", f"projects may lie in one another {self._deepest} deep")
        return place

    def _check_move(self, key: Key, before: Resource, place: Line) -> None:
        line = self._line(key)
        self._allow("modify", line)
        if before.parent is not None:
            self._allow("modify", line[1:])
        # On top of everything is a place too: who may create there may move there.
        self._allow("create", place or [(key[0], "")])

    def _allow(self, action: str, line: Line) -> None:
        if not self._may(action, line):
            raise PermissionDenied("access_denied", f"you may not {action} this resource here")

    def _replace(self, key: Key, after: Resource | None) -> None:
        before = self._now.pop(key, None)
        if before and before.parent is not None:
            self._children[before.parent] -= 1
        if after:
            self._now[key] = after
            if after.parent is not None:
                self._children[after.parent] += 1

    def _line(self, key: Key) -> Line:
        line = [key]
        while (found := self._now.get(line[-1])) and found.parent is not None:
            line.append((PROJECT, found.parent))
        return line

    def _depth_before(self, key: Key) -> int:
        depth, resources = 0, self._known.resources
        while (found := resources.get(key)) and found.parent is not None:
            key, depth = (PROJECT, found.parent), depth + 1
        return depth
