from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, Personal, event
from services.chassis.errors import Conflict, PermissionDenied


class Status(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Of one round. ``workspace_version``: whoever goes after that cannot come back with this round's link."""

    workspace_version: int
    role: str
    invited_by: UUID
    expires_at: datetime
    groups: Sequence[UUID] = ()

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class Invitation(Aggregate):
    """What one workspace offers to one e-mail address, in rounds: each renewal kills the link of the round before."""

    TOPIC = "workspaces.invitation"

    class Created(Aggregate.Created):
        TOPIC = "workspaces.member.invited"
        workspace_id: UUID
        workspace_version: int
        address_id: UUID
        email: Personal
        role: str
        invited_by: UUID
        expires_at: datetime
        round: int
        groups: Sequence[UUID] = ()

    class Renewed(Aggregate.Event):
        TOPIC = "workspaces.member.reinvited"
        workspace_id: UUID
        workspace_version: int
        address_id: UUID
        email: Personal
        role: str
        invited_by: UUID
        expires_at: datetime
        round: int
        groups: Sequence[UUID] = ()

    class Accepted(Aggregate.Event):
        TOPIC = "workspaces.invitation.accepted"
        account_id: UUID

    class Declined(Aggregate.Event):
        TOPIC = "workspaces.invitation.declined"
        workspace_id: UUID
        account_id: UUID

    class Withdrawn(Aggregate.Event):
        TOPIC = "workspaces.invitation.withdrawn"
        workspace_id: UUID

    class Erased(Aggregate.Event):
        TOPIC = "workspaces.invitation.erased"

    @event(Created)
    def __init__(
        self,
        workspace_id: UUID,
        workspace_version: int,
        address_id: UUID,
        email: Personal,
        role: str,
        invited_by: UUID,
        expires_at: datetime,
        round: int,
        groups: Sequence[UUID] = (),
    ) -> None:
        self.workspace_id, self.address_id = workspace_id, address_id
        self.accepted_by: UUID | None = None
        self._offered(workspace_version, email, role, invited_by, expires_at, round, groups)

    def _offered(
        self,
        workspace_version: int,
        email: Personal,
        role: str,
        invited_by: UUID,
        expires_at: datetime,
        round: int,
        groups: Sequence[UUID],
    ) -> None:
        self.workspace_version, self.email, self.role, self.invited_by = workspace_version, email, role, invited_by
        self.expires_at, self.round, self.groups = expires_at, round, groups
        self.outcome = Status.PENDING.value
        self.accepted_by = None

    @staticmethod
    def create_id(workspace_id: UUID, address_id: UUID) -> UUID:
        # One stream a workspace and address: the store itself refuses a duplicate.
        return uuid5(workspace_id, str(address_id))

    @staticmethod
    def subject_id(invitation_id: UUID, round: int) -> UUID:
        """Whose key encrypts the address: another one each round, because a person who was erased may be invited again."""
        return uuid5(invitation_id, f"round {round}")

    @classmethod
    def sent(cls, workspace_id: UUID, address_id: UUID, email: str, terms: Terms) -> Self:
        subject_id = cls.subject_id(cls.create_id(workspace_id, address_id), 1)
        return cls(workspace_id=workspace_id, address_id=address_id, email=Personal(subject_id, email), round=1, **terms.values())

    def renewed(self, email: str, terms: Terms) -> Self:
        round = self.round + 1
        personal = Personal(self.subject_id(self.id, round), email)
        self._renewed(workspace_id=self.workspace_id, address_id=self.address_id, email=personal, round=round, **terms.values())
        return self

    def status(self, now: datetime) -> Status:
        return Status.EXPIRED if self.outcome == Status.PENDING and now >= self.expires_at else Status(self.outcome)

    def subjects(self) -> list[UUID]:
        """Of all its rounds, so that none stays readable after an erasure."""
        return [self.subject_id(self.id, round) for round in range(1, self.round + 1)]

    def accept(self, account_id: UUID, address_ids: list[UUID], round: int, now: datetime, *, already_member: bool) -> None:
        """A repeat by the same member changes nothing; somebody who has gone since does not come back with it."""
        self._meant_for(address_ids)
        if already_member and self.accepted_by == account_id and round == self.round:
            return
        self._open(round, now)
        self._accepted(account_id=account_id)

    def decline(self, account_id: UUID, address_ids: list[UUID], round: int, now: datetime) -> None:
        self._meant_for(address_ids)
        if self.outcome == Status.DECLINED and round == self.round:
            return
        self._open(round, now)
        self._declined(workspace_id=self.workspace_id, account_id=account_id)

    def withdraw(self) -> None:
        """An expired one may be withdrawn too; one that ended otherwise may not."""
        if self.outcome == Status.WITHDRAWN:
            return
        if self.outcome != Status.PENDING:
            raise Conflict("invitation_taken", "it was answered already")
        self._withdrawn(workspace_id=self.workspace_id)

    def erase(self) -> None:
        """The address is forgotten; who was waiting for an answer gets none."""
        if self.outcome == Status.PENDING:
            self._withdrawn(workspace_id=self.workspace_id)
        self._erased()

    def _meant_for(self, address_ids: list[UUID]) -> None:
        if self.address_id not in address_ids:
            raise PermissionDenied("invitation_for_another_address", "sign in with the invited address, and verify it")

    def _open(self, round: int, now: datetime) -> None:
        if round != self.round:
            raise Conflict("invitation_withdrawn", "a newer invitation replaced this one")
        if (status := self.status(now)) is Status.PENDING:
            return
        code = "taken" if status is Status.ACCEPTED else status.value
        raise Conflict(f"invitation_{code}", "ask for a new invitation")

    @event(Renewed)
    def _renewed(
        self,
        workspace_id: UUID,
        workspace_version: int,
        address_id: UUID,
        email: Personal,
        role: str,
        invited_by: UUID,
        expires_at: datetime,
        round: int,
        groups: Sequence[UUID] = (),
    ) -> None:
        self._offered(workspace_version, email, role, invited_by, expires_at, round, groups)

    @event(Accepted)
    def _accepted(self, account_id: UUID) -> None:
        self.outcome, self.accepted_by = Status.ACCEPTED.value, account_id

    @event(Declined)
    def _declined(self, workspace_id: UUID, account_id: UUID) -> None:
        self.outcome = Status.DECLINED.value

    @event(Withdrawn)
    def _withdrawn(self, workspace_id: UUID) -> None:
        self.outcome = Status.WITHDRAWN.value

    @event(Erased)
    def _erased(self) -> None:
        self.email = Personal(self.email.subject_id, None)
