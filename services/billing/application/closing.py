from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from services.billing.application.issuing import Issuing
from services.billing.domain import Subscription
from services.chassis import crash

# In one transaction, and in one look at what is due.
BATCH, MANY = 500, 10_000


class Closing(Issuing):
    """Closing periods. An invoice is dated to the end of its period, not to when somebody got to it: all make the same."""

    def current(self, workspace_id: UUID, now: datetime, revision: int | None = None) -> Subscription:
        """The subscription in the period that now is in: those that are over are closed first.

        Raises PreconditionFailed unless it is of this revision, IntegrityError if somebody changes it meanwhile.
        """
        # Never loaded anew: what somebody else did after the revision was compared would go in unseen.
        found = self._subscription(workspace_id)
        found.expect(revision)
        while found.due(now):
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
        while (ids := self.subscriptions.due(now, MANY)) and (done := sum(self._renewed(batch, now) for batch in self._loaded(ids, now))):
            closed += done
        return closed

    def _loaded(self, ids: Sequence[UUID], now: datetime) -> Iterator[list[Subscription]]:
        """Batch by batch; the next one is loaded while this one waits for the database."""
        batches = [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]
        with ThreadPoolExecutor(1) as aside:
            loading = aside.submit(self._due, batches[0], now)
            for following in batches[1:]:
                loaded, loading = loading.result(), aside.submit(self._due, following, now)
                yield loaded
            yield loading.result()

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

    def _due(self, ids: Sequence[UUID], now: datetime) -> list[Subscription]:
        found = self.find_all(*((Subscription, Subscription.create_id(id)) for id in ids))
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
