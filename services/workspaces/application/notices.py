from datetime import datetime
from uuid import UUID

from services.chassis.errors import NotFound
from services.chassis.views import Row
from services.workspaces.application.shared import Shared
from services.workspaces.domain import Notice, Reminder
from services.workspaces.links import Link


class Notices(Shared):
    def list_notices(self, account_id: UUID, address_ids: list[UUID], now: datetime, limit: int, cursor: str | None) -> Row:
        page = self.views.notices([account_id, *address_ids], now, limit, cursor)
        return {**page, "items": [{**row, "token": self._token(row)} for row in page["items"]]}

    def read_notice(self, notice_id: UUID, account_id: UUID, address_ids: list[UUID]) -> None:
        """A repeat changes nothing."""
        if not self.views.notice_is_for(notice_id, [account_id, *address_ids]):
            raise NotFound("notice_not_found", "there is no such notice for this account")
        if self.find(Notice, Notice.create_id(notice_id)) is None:
            notice = Notice(notice_id=notice_id)
            notice.acknowledge(account_id)
            self.save(notice)

    def remind(self, recipient_id: UUID, kind: str, subject_id: UUID, workspace_id: UUID | None, expires_at: datetime | None) -> None:
        """A repeat changes nothing."""
        if self.find(Reminder, Reminder.create_id(recipient_id, kind, subject_id, expires_at)) is None:
            reminder = Reminder(
                recipient_id=recipient_id, kind=kind, subject_id=subject_id, workspace_id=workspace_id, expires_at=expires_at
            )
            self.save(reminder)

    def _token(self, row: Row) -> str | None:
        return Link(row["workspace_id"], row["invitation_id"], row["round"]).token(self.keys) if row["open"] else None
