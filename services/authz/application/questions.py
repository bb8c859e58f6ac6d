from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.authz.application.shared import UNPAID, Shared, check_paid, told
from services.authz.engine import explain as why
from services.authz.engine.impact import Picture, difference, picture
from services.authz.engine.index import Index, Page
from services.authz.engine.indexes import PATIENCE
from services.chassis.errors import ServiceError
from services.chassis.views import Row, opened, sealed

Question = dict[str, Any]
_PAYMENT = why.Missing("payment")


class Questions(Shared):
    def check(
        self,
        workspace_id: UUID,
        now: datetime,
        at_least: int | None = None,
        patience: float = PATIENCE,
        **question: Any,
    ) -> Row:
        """Never older than the moment it is asked, nor than ``at_least``. ``heard``: how much of the log of workspaces it knows."""
        answer = self.check_batch(workspace_id, [question], now, at_least, patience)
        return {**answer.pop("results")[0], **answer}

    def check_batch(
        self,
        workspace_id: UUID,
        checks: Sequence[Question | ServiceError],
        now: datetime,
        at_least: int | None = None,
        patience: float = PATIENCE,
    ) -> Row:
        """All of one moment; a question that makes no sense keeps its refusal."""
        self._check_batch(checks, self.settings.check_batch)
        known = self.heard()
        with self.indexes.reading(workspace_id, at_least or 0, patience) as reading:
            results = [each if isinstance(each, ServiceError) else _answer(reading.index, now, **each) for each in checks]
            return {"results": results, "position": reading.position, "heard": known}

    def accessible(
        self,
        workspace_id: UUID,
        account_id: UUID,
        type: str,
        action: str,
        now: datetime,
        limit: int,
        cursor: str | None,
    ) -> Row:
        after = _after(cursor)
        with self.indexes.reading(workspace_id) as reading:
            check_paid(reading.index, workspace_id)
            found = reading.index.accessible(str(account_id), type, action, now.timestamp(), after, limit)
        return _page([{"type": type, "id": id} for id in found.ids], found)

    def who_can(self, workspace_id: UUID, type: str, id: str, action: str, now: datetime, limit: int, cursor: str | None) -> Row:
        after = _after(cursor)
        with self.indexes.reading(workspace_id) as reading:
            check_paid(reading.index, workspace_id)
            found = reading.index.who_can(type, id, action, now.timestamp(), after, limit)
        return _page([{"account_id": account} for account in found.ids], found)

    def picture(self, workspace_id: UUID, now: datetime) -> Picture:
        """Who may do what to everything that is registered, to be compared with the same of another moment."""
        with self.indexes.reading(workspace_id) as reading:
            return picture(reading.index, now.timestamp())

    def changes(self, before: Picture, after: Picture, limit: int) -> Row:
        return told(difference(before, after, limit))


def _answer(index: Index, now: datetime, account_id: UUID, action: str, resource: Row, explain: bool = False) -> Row:
    if index.suspended:
        return {"allowed": False, "expires_at": None, "reason": UNPAID, **({"nearest": [_nearest(_PAYMENT)]} if explain else {})}
    question = (str(account_id), action, resource["type"], resource["id"], now.timestamp())
    decision = index.decide(*question)
    ends = None if decision.until is None else datetime.fromtimestamp(decision.until, UTC)
    return {"allowed": decision.allowed, "expires_at": ends, **(_explained(index, *question) if explain else {})}


def _explained(index: Index, *question: Any) -> Row:
    found = why.explain(index, *question)
    return {"because": _because(found.because) if found.because else None, "nearest": [_nearest(found.nearest)] if found.nearest else []}


def _because(reason: why.Reason) -> Row:
    return {
        "rule_id": reason.rule_id,
        "via_group": list(reason.via),
        "inherited_from": _subject(reason.inherited_from),
        "event_ids": [f"authz:{event}" for event in reason.events],
        "built_in": reason.built_in,
    }


def _nearest(missing: why.Missing) -> Row:
    return {
        "wants": missing.wants,
        "role": missing.role,
        "rule_id": missing.rule_id,
        "subject": _subject(missing.subject),
        "permission": missing.permission,
    }


def _subject(named: tuple[str, str | None] | None) -> Row | None:
    return {"type": named[0], "id": named[1]} if named else None


def _after(cursor: str | None) -> str | None:
    return opened(cursor, 1)[0] if cursor is not None else None


def _page(items: list[Row], found: Page) -> Row:
    return {"items": items, "next_cursor": sealed([found.after]) if found.after is not None else None}
