"""What changed in a workspace between two moments: ``gatehouse audit diff``."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import ValidationError, fields
from rich.markup import escape
from rich.tree import Tree

from gatehouse import registry
from gatehouse.admin import Installation
from services.authz.application import Authz
from services.authz.engine.impact import Picture
from services.chassis.errors import InvalidInput
from services.chassis.history import At

T = TypeVar("T")
Item = dict[str, Any]
Items = dict[str, Item]

_POSITION = re.compile(r"(workspaces|authz):(\d{1,18})", re.ASCII)
# Rights that are told one by one; a workspace of ten thousand resources has more of them than anybody reads.
_RIGHTS = 100_000
_SHOWN = 5
KINDS = ("members", "invitations", "groups", "rules")
# Of each kind: what makes a row, and what may change in it.
_TOLD = {
    "members": ("account_id", ("role", "status", "expires_at")),
    "invitations": ("id", ("email", "role", "status", "uses", "expires_at")),
    "groups": ("id", ("name", "description", "members", "groups")),
    "rules": ("id", ("resource_type", "resource_id", "permission", "users", "groups", "expires_at")),
}


class Instant:
    """A time, or the position of an event: other services than the event's go by its time."""

    def __init__(self, installation: Installation, workspace_id: UUID, text: str, now: datetime) -> None:
        self._source, self._position = "", 0
        if found := _POSITION.fullmatch(text):
            self._source, self._position = found[1], int(found[2])
            self.time = installation.app(self._source).moment(workspace_id, At(position=self._position), now)
        else:
            self.time = _time(text)

    def of(self, service: str) -> At:
        return At(self.time, self._position if service == self._source else None)


def difference(installation: Installation, workspace_id: UUID, between: tuple[str, str]) -> Item:
    """Everything in JSON's own terms."""
    now = datetime.now(UTC)
    before, after = (Instant(installation, workspace_id, text, now) for text in between)
    if before.time > after.time:
        raise InvalidInput("moments_reversed", "name the earlier moment first")
    states = [_State(installation, workspace_id, instant, now) for instant in (before, after)]
    old, new = (state.items for state in states)
    authz = _authz(installation)
    access = authz.changes(states[0].access, states[1].access, _RIGHTS)
    changed = {kind: _changes(old[kind], new[kind], _TOLD[kind][1]) for kind in KINDS}
    moments = [_text(instant.time) for instant in (before, after)]
    names = _names(installation, _accounts([changed, access, *(row for state in (old, new) for row in state["groups"].values())]))
    groups = {id: row["name"] for state in (old, new) for id, row in state["groups"].items()}
    return {"workspace_id": str(workspace_id), "between": moments, **changed, "access": access, "usernames": names, "group_names": groups}


class _State:
    def __init__(self, installation: Installation, workspace_id: UUID, instant: Instant, now: datetime) -> None:
        self._installation, self._workspace_id, self._instant, self._now = installation, workspace_id, instant, now
        self.items: dict[str, Items] = {}
        _service(installation, "workspaces", now).check_existed(self._payload(moment=instant.time.isoformat()))
        self._asked("workspaces", self._of_workspaces)
        self.access: Picture = self._asked("authz", self._of_authz)

    def _of_workspaces(self, service: Any, moment: datetime) -> None:
        everybody = [row for status in ("active", "expired") for row in self._pages(service.list_members, status=status)]
        self.items["members"] = {row["account_id"]: row for row in everybody}
        self.items["invitations"] = {row["id"]: row for row in self._pages(service.list_invitations)}

    def _of_authz(self, service: Any, moment: datetime) -> Picture:
        groups = [service.get_group(self._payload(group_id=row["id"])) for row in self._pages(service.list_groups)]
        self.items["groups"] = {row["id"]: row for row in groups}
        self.items["rules"] = {row["id"]: row for row in self._pages(service.list_rules)}
        return _authz(self._installation).picture(self._workspace_id, moment)

    def _asked(self, name: str, read: Callable[[Any, datetime], T]) -> T:
        with self._installation.app(name).past(self._workspace_id, self._instant.of(name), self._now) as moment:
            return read(_service(self._installation, name, moment), moment)

    def _pages(self, method: Callable[[Item], Item], **filters: Any) -> Iterator[Item]:
        cursor = None
        while True:
            page = method(self._payload(limit=200, cursor=cursor, **filters))
            yield from page["items"]
            if (cursor := page["next_cursor"]) is None:
                return

    def _payload(self, **more: Any) -> Item:
        return {"workspace_id": str(self._workspace_id), **more}


def _changes(old: Items, new: Items, compared: Iterable[str]) -> Item:
    changed = []
    for id in old.keys() & new.keys():
        if differing := {name: [old[id][name], new[id][name]] for name in compared if old[id][name] != new[id][name]}:
            changed.append({"id": id, "changes": differing})
    return {
        "added": [row for id, row in new.items() if id not in old],
        "removed": [row for id, row in old.items() if id not in new],
        "changed": sorted(changed, key=lambda each: str(each["id"])),
    }


def _accounts(value: Any) -> set[str]:
    """Whoever is named anywhere in it."""
    named = {"account_id", "principal", "users", "members"}
    match value:
        case dict():
            own = (value.get(name) for name in named & value.keys())
            flat = {str(each) for many in own if many for each in (many if isinstance(many, list) else [many]) if isinstance(each, str)}
            return flat.union(*(_accounts(each) for each in value.values()))
        case list():
            return set[str]().union(*(_accounts(each) for each in value))
    return set()


def _names(installation: Installation, account_ids: set[str]) -> dict[str, str]:
    """As they are called today; whoever has been erased since is missing."""
    service, ids = _service(installation, "identity", datetime.now(UTC)), sorted(account_ids)
    pages = [service.profiles({"account_ids": ids[start : start + 200]})["items"] for start in range(0, len(ids), 200)]
    return {item["account_id"]: item["username"] for page in pages for item in page}


def _service(installation: Installation, name: str, moment: datetime) -> Any:
    """The service's own entrypoints, in this process."""
    service: Any = registry.spec(name).service()
    service.app, service.clock = installation.app(name), lambda: moment
    return service


def _authz(installation: Installation) -> Authz:
    app = installation.app("authz")
    if not isinstance(app, Authz):
        raise TypeError("authz is another application here")
    return app


def _time(text: str) -> datetime:
    try:
        return fields.AwareDateTime(format="iso").deserialize(text)
    except (ValidationError, OverflowError, ArithmeticError):
        raise InvalidInput(
            "at_malformed", f"not a time such as 2026-11-20T12:00:00Z or a position such as workspaces:184: {text}"
        ) from None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def narrated(found: Item) -> Tree:
    """For people."""
    return _Narration(found).tree()


class _Narration:
    def __init__(self, found: Item) -> None:
        self._found = found

    def tree(self) -> Tree:
        tree = Tree(f"[bold]{self._found['workspace_id']}[/] between {' and '.join(self._found['between'])}")
        for kind in KINDS:
            if lines := list(self._lines(kind, self._found[kind])):
                self._add(tree, kind, lines)
        for side, title, color in (("gains", "gained access", "green"), ("loses", "lost access", "red")):
            if lines := self._access(self._found["access"][side], color):
                self._add(tree, f"{title}: {self._found['access'][f'{side}_total']:,} rights", lines)
        if not tree.children:
            tree.add("nothing changed")
        return tree

    def _add(self, tree: Tree, title: str, lines: list[str]) -> None:
        branch = tree.add(f"[bold]{title}[/]")
        for line in lines:
            branch.add(line)

    def _lines(self, kind: str, changes: Item) -> Iterator[str]:
        key = _TOLD[kind][0]
        for row in changes["added"]:
            yield f"[green]+[/] {self._row(kind, row)}"
        for row in changes["removed"]:
            yield f"[red]-[/] {self._row(kind, row)}"
        for each in changes["changed"]:
            said = ", ".join(f"{name} {self._values(name, was, now)}" for name, (was, now) in each["changes"].items())
            yield f"[yellow]~[/] {self._subject(kind, {key: each['id']})}: {said}"

    def _row(self, kind: str, row: Item) -> str:
        said = [f"{name} {self._value(name, row[name])}" for name in _TOLD[kind][1] if row.get(name) not in (None, "", [])]
        return f"{self._subject(kind, row)}: {', '.join(said)}"

    def _subject(self, kind: str, row: Item) -> str:
        id = row[_TOLD[kind][0]]
        return self._person(id) if kind == "members" else escape(self._found["group_names"].get(id, id))

    def _values(self, name: str, was: Any, now: Any) -> str:
        if not isinstance(was, list) or not isinstance(now, list):
            return f"{self._value(name, was)} → {self._value(name, now)}"
        signs = [("+", [each for each in now if each not in was]), ("-", [each for each in was if each not in now])]
        return " ".join(f"{sign}{self._value(name, some)}" for sign, some in signs if some)

    def _value(self, name: str, value: Any) -> str:
        if isinstance(value, list):
            shown = [self._value(name, each) for each in value[:_SHOWN]]
            return ", ".join(shown) + (f" and {len(value) - _SHOWN:,} more" if len(value) > _SHOWN else "")
        if name in ("users", "members"):
            return self._person(value)
        return escape(str(self._found["group_names"].get(value, value) if name == "groups" else value))

    def _person(self, account_id: str) -> str:
        return escape(self._found["usernames"].get(account_id, f"{account_id} (erased)"))

    def _access(self, rights: list[Item], color: str) -> list[str]:
        """A line a person and permission; what may be modified may be read, which goes without saying."""
        mine: dict[tuple[str, str], list[str]] = defaultdict(list)
        for right in rights:
            resource = right["resource"]
            name = f"{resource['type']} {resource['id']}" if resource["id"] is not None else f"every {resource['type']}"
            mine[right["principal"], right["permission"]].append(name)
        for (principal, permission), names in mine.items():
            if permission == "read":
                modified = set(mine.get((principal, "modify"), ()))
                names[:] = [name for name in names if name not in modified]
        return [
            f"{self._person(principal)} [{color}]{permission}[/] {self._value('', sorted(names))}"
            for (principal, permission), names in sorted(mine.items())
            if names
        ]
