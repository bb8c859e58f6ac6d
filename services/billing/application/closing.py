from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from services.billing.application.issuing import Issuing
from services.billing.domain import Subscription
from services.chassis import crash

BATCH = 500


class Closing(Issuing):
    """Closing periods. An invoice is dated to the end of its period, not to when somebody got to it: all make the same."""

    def current(self, workspace_id: UUID, now: datetime) -> Subscription:
        """The subscription in the period that now is in: those that are over are closed first."""
        while (found := self._subscription(workspace_id)).due(now):
            self._renew([found])
        return found

    def as_of(self, workspace_id: UUID, now: datetime) -> Subscription:
        """As ``current`` would leave it, for whoever only looks: nothing is saved."""
        found = self.find_subscription(workspace_id) or self._not_begun(workspace_id, now)
        while found.due(now):
            found.renew(self.used([(workspace_id, found.period)]).get(workspace_id, ()))
        return found

    def _not_begun(self, workspace_id: UUID, now: datetime) -> Subscription:
        """As it will begin; where nothing is sold it never does, and months are those of the calendar."""
        day = now if self.catalogue.sells else now.replace(day=1)
        return Subscription.start(workspace_id, self.catalogue.current.default, self.settings.billing_time_zone, day)

    def close_due(self, now: datetime) -> int:
        """Closes every period that is over, a batch in one transaction; returns how many. One that is closed already stays so."""
        closed = 0
        while (batch := self._due(now)) and (done := self._renewed(batch, now)):
            closed += done
        return closed

    def _renewed(self, batch: Sequence[Subscription], now: datetime) -> int:
        try:
            self._renew(batch)
        except IntegrityError:
            # Somebody changed one of them, or took a number, at this moment: one by one only that one is left for the next time.
            return sum(self._renewed_alone(each.workspace_id, now) for each in batch)
        return len(batch)

    def _renewed_alone(self, workspace_id: UUID, now: datetime) -> bool:
        try:
            self.current(workspace_id, now)
        except IntegrityError:
            return False
        return True

    def _due(self, now: datetime) -> list[Subscription]:
        ids = self.subscriptions.due(now, BATCH)
        found = self.find_all(*((Subscription, Subscription.create_id(id)) for id in ids)) if ids else []
        return [each for each in found if each is not None and each.due(now)]

    def _renew(self, batch: Sequence[Subscription]) -> None:
        with self.settling():
            usage = self.used([(each.workspace_id, each.period) for each in batch])
            crash.point("billing.closing.counted")
            ends = [each.ends_at for each in batch]
            bills = [each.renew(usage.get(each.workspace_id, ())) for each in batch]
            invoices = self._issued([*zip(batch, bills, ends, strict=True)])
            crash.point("billing.closing.billed")
            self.save(*batch, *invoices)
        crash.point("billing.closing.saved")
