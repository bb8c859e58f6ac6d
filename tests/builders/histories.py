"""Histories made up at random: what was done to a service, and what it answered after each step."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from services.authz.application import Authz
from services.chassis.errors import ServiceError
from services.workspaces.application import Workspaces
from tests.builders.authz import ADA, BOB, GRACE, OTHER, STRANGER, VERA, VISION, joined, put, removed, vision

Answers = dict[str, Any]
PEOPLE = (GRACE, ADA, BOB, VERA, STRANGER)
RESOURCES = (("project", "p"), ("project", "q"), ("task", "t1"), ("task", "t2"), ("queue", "fast"))


class Seen(NamedTuple):
    """What was answered at some moment."""

    time: datetime
    position: int
    answers: Answers


class Access:
    """Steps that change who may do what, in this workspace and beside it."""

    def __init__(self, app: Authz, seed: int) -> None:
        self._app, self._random, self._told = app, Random(seed), vision(app)
        for type, id in RESOURCES[:4]:
            put(app, type, id)
        self.seen: list[Seen] = []

    def play(self, steps: int) -> None:
        while len(self.seen) < steps:
            with suppress(ServiceError):
                self._random.choice(self._steps)()
                now = datetime.now(UTC)
                self.seen.append(Seen(now, self._app.log.max_notification_id() or 0, answers_of_authz(self._app, now)))

    @property
    def _steps(self) -> list[Callable[[], None]]:
        return [self._member, self._group, self._change_group, self._rule, self._change_rule, self._resource, self._elsewhere]

    def _member(self) -> None:
        who, term = self._random.choice(PEOPLE[1:]), datetime.now(UTC) + timedelta(seconds=self._random.choice([0.02, 1000]))
        told = [
            joined(who, self._random.choice(["editor", "viewer", "admin"])),
            removed(who),
            ("workspaces.member.role_changed", {"account_id": who, "role": "viewer"}),
            ("workspaces.member.term_set", {"account_id": who, "expires_at": term.isoformat()}),
        ]
        said = self._random.choice(told)
        there = str(who) in self._app.views.tenures(VISION, [who], datetime(2000, 1, 1, tzinfo=UTC))
        if (said[0] == "workspaces.member.joined") != there:
            self._told.tell(said)

    def _group(self) -> None:
        name = self._random.choice("abc")
        self._app.create_group(VISION, name, datetime.now(UTC), members=[self._random.choice(PEOPLE[:4])], groups=self._groups(1))

    def _change_group(self) -> None:
        (group,), now = self._groups(1) or [uuid4()], datetime.now(UTC)
        change: Callable[[], Any] = self._random.choice(
            [
                lambda: self._app.add_group_member(VISION, group, self._random.choice(PEOPLE), now),
                lambda: self._app.remove_group_member(VISION, group, self._random.choice(PEOPLE), now),
                lambda: self._app.change_group(VISION, group, now, name=self._random.choice("abcd")),
                lambda: self._app.change_group(VISION, group, now, groups=self._groups(2)),
                lambda: self._app.delete_group(VISION, group, now),
            ]
        )
        change()

    def _elsewhere(self) -> None:
        self._app.create_group(OTHER, str(self._random.random()), datetime.now(UTC))

    def _said(self) -> dict[str, Any]:
        type, id = self._random.choice(RESOURCES)
        return {
            "resource_type": type,
            "resource_id": self._random.choice([id, None]),
            "permission": self._random.choice(["read", "modify"]),
            "users": self._random.sample(PEOPLE[:4], self._random.randrange(2)),
            "groups": self._groups(2),
            "expires_at": self._random.choice([None, datetime.now(UTC) + timedelta(seconds=self._random.choice([0.02, 1000]))]),
        }

    def _rule(self) -> None:
        self._app.create_rule(VISION, datetime.now(UTC), **self._said())

    def _change_rule(self) -> None:
        rules, now = self._app.list_rules(VISION, datetime.now(UTC), 100, None)["items"], datetime.now(UTC)
        one = self._random.choice(rules)["id"] if rules else uuid4()
        if self._random.random() < 0.5:
            self._app.change_rule(VISION, one, now, **self._said())
        else:
            self._app.delete_rule(VISION, one, now)

    def _resource(self) -> None:
        (type, id), now = self._random.choice(RESOURCES), datetime.now(UTC)
        parent = None if type == "queue" else self._random.choice([None, "p", "q"])
        if self._random.random() < 0.7:
            self._app.put_resource(VISION, GRACE, now, type=type, id=id, name=f"{type} {self._random.random()}", parent=parent)
        else:
            self._app.delete_resource(VISION, GRACE, now, type=type, id=id)

    def _groups(self, most: int) -> list[UUID]:
        listed = [row["id"] for row in self._app.list_groups(VISION, datetime.now(UTC), 100, None)["items"] if not row["built_in"]]
        return self._random.sample(listed, min(most, len(listed)))


def answers_of_authz(app: Authz, now: datetime) -> Answers:
    checks = [
        {"account_id": who, "action": action, "resource": {"type": type, "id": id}, "explain": True}
        for who in PEOPLE
        for action in ("read", "modify")
        for type, id in RESOURCES
    ]
    groups = app.list_groups(VISION, now, 100, None)
    return {
        "groups": groups,
        "each": [app.get_group(VISION, row["id"], now) for row in groups["items"]],
        "rules": app.list_rules(VISION, now, 100, None),
        "checks": app.check_batch(VISION, checks, now)["results"],
        "accessible": [app.accessible(VISION, who, "task", "read", now, 100, None) for who in PEOPLE],
        "who can": [app.who_can(VISION, type, id, "modify", now, 100, None) for type, id in RESOURCES],
        "groups of": app.groups_of_members(VISION, PEOPLE, now),
    }


class Membership:
    """Steps that change who belongs to a workspace, or is invited to it."""

    def __init__(self, app: Workspaces, seed: int) -> None:
        self._app, self._random = app, Random(seed)
        now = datetime.now(UTC)
        self.workspace_id, self._other = (app.create_workspace(GRACE, name, now)["id"] for name in ("Vision", "Other"))
        self._links: list[str] = []
        self.seen: list[Seen] = []

    def play(self, steps: int) -> None:
        for _ in range(steps):
            with suppress(ServiceError, IndexError):
                self._step(self._random.choice([self.workspace_id, self.workspace_id, self._other]), datetime.now(UTC))
            now = datetime.now(UTC)
            self.seen.append(Seen(now, self._app.log.max_notification_id() or 0, answers_of_workspaces(self._app, self.workspace_id, now)))

    def _step(self, where: UUID, now: datetime) -> None:
        who, email = self._random.choice(PEOPLE), f"{self._random.choice('abcd')}@example.org"
        address = self._app.keys.blind_id("email", email)
        soon = now + timedelta(seconds=self._random.choice([0.05, 1000]))
        steps: list[Callable[[], Any]] = [
            lambda: self._links.append(self._app.invite(where, email, "editor", GRACE, now)["link"]),
            lambda: self._links.append(self._app.open_link(where, "viewer", GRACE, now, max_uses=2, expires_at=soon)["link"]),
            lambda: self._app.accept_invitation(self._token(), who, [address], now),
            lambda: self._app.accept_invitation(self._token(), who, [address], now),
            lambda: self._app.decline_invitation(self._token(), who, [address], now),
            lambda: self._app.change_member(where, who, now, role=self._random.choice(["admin", "viewer"])),
            lambda: self._app.change_member(where, who, now, expires_at=soon),
            lambda: self._app.remove_member(where, who),
            lambda: self._app.withdraw_invitation(
                where, self._random.choice(self._app.list_invitations(where, now, 100, None)["items"])["id"]
            ),
        ]
        self._random.choice(steps)()

    def _token(self) -> str:
        return self._random.choice(self._links).rpartition("/")[2]


def answers_of_workspaces(app: Workspaces, workspace_id: UUID, now: datetime) -> Answers:
    return {
        "members": [app.list_members(workspace_id, now, 100, None, status=status) for status in (None, "expired")],
        "invitations": app.list_invitations(workspace_id, now, 100, None),
    }
