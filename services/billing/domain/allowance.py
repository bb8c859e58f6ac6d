from datetime import datetime
from typing import Self
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class Allowance(Aggregate):
    """Which limits of its plan a workspace has reached."""

    TOPIC = "billing.allowance"

    class Created(Aggregate.Created):
        TOPIC = "billing.allowance.opened"
        workspace_id: UUID

    class LimitReached(Aggregate.Event):
        """``until``: when a new period begins; None if only less use, or another plan, ends it."""

        TOPIC = "billing.limit.reached"
        workspace_id: UUID
        metric: str
        limit: int
        until: datetime | None

    class LimitLifted(Aggregate.Event):
        TOPIC = "billing.limit.lifted"
        workspace_id: UUID
        metric: str

    @event(Created)
    def __init__(self, workspace_id: UUID) -> None:
        self.workspace_id = workspace_id
        self.reached: dict[str, tuple[int, datetime | None]] = {}

    @staticmethod
    def create_id(workspace_id: UUID) -> UUID:
        return uuid5(workspace_id, "allowance")

    @classmethod
    def of(cls, workspace_id: UUID) -> Self:
        return cls(workspace_id=workspace_id)

    def judge(self, metric: str, used: int, limit: int | None, until: datetime | None) -> None:
        """A repeat changes nothing."""
        if limit is not None and used >= limit:
            if self.reached.get(metric) != (limit, until):
                self._limit_reached(self.workspace_id, metric, limit, until)
        elif metric in self.reached:
            self._limit_lifted(self.workspace_id, metric)

    @event(LimitReached)
    def _limit_reached(self, workspace_id: UUID, metric: str, limit: int, until: datetime | None) -> None:
        self.reached[metric] = (limit, until)

    @event(LimitLifted)
    def _limit_lifted(self, workspace_id: UUID, metric: str) -> None:
        self.reached.pop(metric, None)
