from datetime import datetime
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class Member(Aggregate):
    """One account's stays in one workspace, as the service of workspaces told of them.

    ``tenure`` counts them. Groups and rules name the account with its tenure, so whoever comes back has nothing of the stay before.
    """

    TOPIC = "authz.member"

    class Created(Aggregate.Created):
        TOPIC = "authz.member.admitted"
        workspace_id: UUID
        account_id: UUID
        role: str
        tenure: int

    class Readmitted(Aggregate.Event):
        TOPIC = "authz.member.readmitted"
        workspace_id: UUID
        account_id: UUID
        role: str
        tenure: int

    class RoleChanged(Aggregate.Event):
        TOPIC = "authz.member.role_changed"
        workspace_id: UUID
        account_id: UUID
        role: str

    class TermSet(Aggregate.Event):
        TOPIC = "authz.member.term_set"
        workspace_id: UUID
        account_id: UUID
        expires_at: datetime | None

    class Departed(Aggregate.Event):
        TOPIC = "authz.member.departed"
        workspace_id: UUID
        account_id: UUID

    @event(Created)
    def __init__(self, workspace_id: UUID, account_id: UUID, role: str, tenure: int) -> None:
        self.workspace_id, self.account_id, self.tenure = workspace_id, account_id, tenure

    @staticmethod
    def create_id(workspace_id: UUID, account_id: UUID) -> UUID:
        return uuid5(workspace_id, f"member {account_id}")

    def admit(self, role: str) -> None:
        self._readmitted(workspace_id=self.workspace_id, account_id=self.account_id, role=role, tenure=self.tenure + 1)

    def change_role(self, role: str) -> None:
        self._role_changed(workspace_id=self.workspace_id, account_id=self.account_id, role=role)

    def set_term(self, expires_at: datetime | None) -> None:
        self._term_set(workspace_id=self.workspace_id, account_id=self.account_id, expires_at=expires_at)

    def depart(self) -> None:
        self._departed(workspace_id=self.workspace_id, account_id=self.account_id)

    @event(Readmitted)
    def _readmitted(self, workspace_id: UUID, account_id: UUID, role: str, tenure: int) -> None:
        self.tenure = tenure

    @event(RoleChanged)
    def _role_changed(self, workspace_id: UUID, account_id: UUID, role: str) -> None:
        """Nothing is decided by it here."""

    @event(TermSet)
    def _term_set(self, workspace_id: UUID, account_id: UUID, expires_at: datetime | None) -> None:
        """Nothing is decided by it here."""

    @event(Departed)
    def _departed(self, workspace_id: UUID, account_id: UUID) -> None:
        """Nothing is decided by it here."""
