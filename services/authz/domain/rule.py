from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from services.chassis.domain import Aggregate, event
from services.chassis.errors import Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rule says. ``resource_id`` None: of every resource of the type. Users with the tenure they are named in."""

    resource_type: str
    resource_id: str | None
    permission: str
    users: dict[str, int]
    groups: list[str]
    expires_at: datetime | None


class Rule(Aggregate):
    TOPIC = "authz.rule"

    class Created(Aggregate.Created):
        TOPIC = "authz.rule.created"
        change = "created"
        workspace_id: UUID
        resource_type: str
        resource_id: str | None
        permission: str
        users: dict[str, int]
        groups: list[str]
        expires_at: datetime | None

    class Changed(Aggregate.Event):
        TOPIC = "authz.rule.changed"
        change = "changed"
        workspace_id: UUID
        resource_type: str
        resource_id: str | None
        permission: str
        users: dict[str, int]
        groups: list[str]
        expires_at: datetime | None

    class Deleted(Aggregate.Event):
        TOPIC = "authz.rule.deleted"
        workspace_id: UUID
        resource_type: str
        resource_id: str | None

    @event(Created)
    def __init__(
        self,
        workspace_id: UUID,
        resource_type: str,
        resource_id: str | None,
        permission: str,
        users: dict[str, int],
        groups: list[str],
        expires_at: datetime | None,
    ) -> None:
        self.workspace_id, self.resource_type, self.resource_id = workspace_id, resource_type, resource_id
        self.permission, self.users, self.groups, self.expires_at = permission, users, groups, expires_at
        self.deleted = False

    @classmethod
    def made(cls, workspace_id: UUID, terms: Terms, limit: int, now: datetime) -> Self:
        check_assignees(len(terms.users) + len(terms.groups), limit)
        _check_end(terms, now)
        return cls(workspace_id=workspace_id, **asdict(terms))

    @property
    def terms(self) -> Terms:
        return Terms(
            resource_type=self.resource_type,
            resource_id=self.resource_id,
            permission=self.permission,
            users=self.users,
            groups=self.groups,
            expires_at=self.expires_at,
        )

    def change(self, terms: Terms, limit: int, now: datetime) -> None:
        """All at once; what is so already is no change."""
        if terms == self.terms:
            return
        check_assignees(len(terms.users) + len(terms.groups), limit)
        if terms.expires_at != self.expires_at:
            _check_end(terms, now)
        self._changed(workspace_id=self.workspace_id, **asdict(terms))

    def delete(self) -> None:
        self._deleted(workspace_id=self.workspace_id, resource_type=self.resource_type, resource_id=self.resource_id)

    @event(Changed)
    def _changed(
        self,
        workspace_id: UUID,
        resource_type: str,
        resource_id: str | None,
        permission: str,
        users: dict[str, int],
        groups: list[str],
        expires_at: datetime | None,
    ) -> None:
        self.resource_type, self.resource_id, self.permission = resource_type, resource_id, permission
        self.users, self.groups, self.expires_at = users, groups, expires_at

    @event(Deleted)
    def _deleted(self, workspace_id: UUID, resource_type: str, resource_id: str | None) -> None:
        self.deleted = True


def check_assignees(number: int, limit: int) -> None:
    if number == 0:
        raise Unprocessable("assignees_missing", "name whom the rule is for", {"users": ["Name a user or a group."]})
    if number > limit:
        raise Unprocessable("assignees_too_many", f"a rule names up to {limit}: use a group", {"users": [f"At most {limit}."]})


def _check_end(terms: Terms, now: datetime) -> None:
    if terms.expires_at is not None and terms.expires_at <= now:
        raise Unprocessable("expiry_past", "a rule ends in the future, or is deleted", {"expires_at": ["Lies in the past."]})
