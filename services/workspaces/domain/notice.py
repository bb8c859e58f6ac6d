from datetime import datetime
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class Notice(Aggregate):
    """That a notice was read. Most notices are what other events say, so only this needs a stream."""

    TOPIC = "workspaces.notice"

    class Created(Aggregate.Created):
        TOPIC = "workspaces.notice.read"
        notice_id: UUID

    class Acknowledged(Aggregate.Event):
        TOPIC = "workspaces.notice.acknowledged"
        notice_id: UUID
        account_id: UUID

    @event(Created)
    def __init__(self, notice_id: UUID) -> None:
        self.notice_id = notice_id

    def acknowledge(self, account_id: UUID) -> None:
        """For the record: readings before there was this one were told to nobody, and stay so."""
        self._acknowledged(notice_id=self.notice_id, account_id=account_id)

    @event(Acknowledged)
    def _acknowledged(self, notice_id: UUID, account_id: UUID) -> None:
        """Nothing more is known than that it was read."""

    @staticmethod
    def create_id(notice_id: UUID) -> UUID:
        return uuid5(notice_id, "read")


class Reminder(Aggregate):
    """A notice that no event of this service says: other services have their reasons to tell somebody something."""

    TOPIC = "workspaces.reminder"

    class Created(Aggregate.Created):
        TOPIC = "workspaces.notice.given"
        recipient_id: UUID
        kind: str
        subject_id: UUID
        workspace_id: UUID | None
        expires_at: datetime | None

    @event(Created)
    def __init__(self, recipient_id: UUID, kind: str, subject_id: UUID, workspace_id: UUID | None, expires_at: datetime | None) -> None:
        self.recipient_id, self.kind, self.subject_id = recipient_id, kind, subject_id

    @staticmethod
    def create_id(recipient_id: UUID, kind: str, subject_id: UUID, expires_at: datetime | None) -> UUID:
        """Nobody is reminded twice of one thing and one end."""
        return uuid5(recipient_id, f"{kind} {subject_id} {expires_at and expires_at.isoformat()}")
