from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.chassis.views import Views

_TENURES = """SELECT account_id::text, tenure FROM members
    WHERE workspace_id = %s AND account_id = ANY(%s) AND (expires_at IS NULL OR expires_at > %s)"""


class MemberQueries(Views):
    def tenures(self, workspace_id: UUID, account_ids: Iterable[UUID | str], now: datetime) -> dict[str, int]:
        """Of those who are members now."""
        rows = self.all(_TENURES, workspace_id, [str(account_id) for account_id in account_ids], now)
        return {row["account_id"]: row["tenure"] for row in rows}

    def heard(self, consumer: str, source: str) -> int:
        row = self.one("SELECT position FROM positions WHERE consumer = %s AND source = %s", consumer, source)
        return row["position"] if row else 0
