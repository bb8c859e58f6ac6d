"""Who belongs to a workspace, until when, and what has to stay true of them: the rules that decide about the workspace's events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chassis.errors import Conflict, LimitExceeded, NotFound, Unprocessable

ADMIN = "admin"
ROLES = (ADMIN, "editor", "viewer")


@dataclass(frozen=True)
class Roster:
    """``members``: roles by account. ``terms``: when memberships end that do not last; nothing happens then, it is only judged."""

    members: Mapping[str, str]
    terms: Mapping[str, datetime]

    def role_of(self, account_id: UUID, now: datetime) -> str | None:
        return self.members.get(str(account_id)) if self._lasts(str(account_id), now) else None

    def known_role_of(self, account_id: UUID, now: datetime) -> str:
        if (role := self.role_of(account_id, now)) is None:
            raise no_member()
        return role

    def count(self, now: datetime) -> int:
        return sum(self._lasts(member, now) for member in self.members)

    def holds_others(self, account_id: UUID, now: datetime) -> bool:
        return any(self._lasts(member, now) for member in self.members if member != str(account_id))

    def heir(self, now: datetime) -> str:
        """Somebody whose membership lasts, if there is one; of those the most trusted, and of these the oldest member."""
        left = [member for member in self.members if self._lasts(member, now)]
        return max(left, key=lambda member: (member not in self.terms, -ROLES.index(self.members[member])))

    def check_room(self, taken: int, limit: int, plan_of: UUID | None) -> None:
        """``limit`` 0: none. ``plan_of``: the workspace, if it is the limit of its plan."""
        if limit and taken >= limit:
            raise over_limit("member", f"this workspace has room for {limit} members and pending invitations", limit, plan_of)

    def check_not_last_admin(self, account_id: UUID) -> None:
        """One whose membership ends some day does not count: then too there has to be another."""
        if [member for member, role in self.members.items() if role == ADMIN and member not in self.terms] == [str(account_id)]:
            raise Conflict("last_admin", "name another administrator first")

    def _lasts(self, member: str, now: datetime) -> bool:
        return (end := self.terms.get(member)) is None or now < end


def over_limit(what: str, detail: str, limit: int, plan_of: UUID | None) -> LimitExceeded:
    fields: dict[str, int | str] = {"limit": limit}
    if plan_of is not None:
        detail = f"{detail}: its administrators can change the plan or its seats"
        fields["upgrade"] = f"/v1/workspaces/{plan_of}/subscription/changes"
    return LimitExceeded(f"{what}_limit_reached", detail, fields)


def check_in_future(expires_at: datetime, now: datetime) -> None:
    if expires_at <= now:
        raise Unprocessable("term_ended", "a membership ends in the future, or by removal", {"expires_at": ["Lies in the past."]})


def no_member() -> NotFound:
    return NotFound("member_not_found", "no such member in this workspace")
