from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import IntegrityError

from services.billing.application.closing import BATCH
from services.billing.application.plans import Plans
from services.billing.domain import Bill, BillingInfo, Invoice, Offer, Subscription
from services.billing.domain.period import zones
from services.chassis.domain import Aggregate
from services.chassis.errors import Conflict, Unprocessable
from services.chassis.views import Row


class Subscriptions(Plans):
    def start_subscription(self, workspace_id: UUID, now: datetime) -> bool:
        """On the plan that everybody begins with. False where nothing is sold, for a workspace that has one, or if somebody was first."""
        return self._saved(*self._begun(workspace_id, now))

    def _begun(self, workspace_id: UUID, now: datetime) -> list[Aggregate | None]:
        if not self.catalogue.sells or self.find_subscription(workspace_id) is not None:
            return []
        return [self._sold(self.catalogue.current.default), self._not_begun(workspace_id, now)]

    def start_missing(self, now: datetime) -> None:
        """For workspaces that were there before plans were sold."""
        while self.catalogue.sells and sum(self.start_subscription(id, now) for id in self.unsubscribed(BATCH)):
            pass

    def get_subscription(self, workspace_id: UUID, now: datetime) -> Row:
        return self._shown(self.as_of(workspace_id, now), now)

    def change_subscription(
        self,
        workspace_id: UUID,
        account_id: UUID,
        now: datetime,
        plan: str | None = None,
        seats: int | None = None,
        accept_terms_version: str | None = None,
        time_zone: str | None = None,
        revision: int | None = None,
        dry_run: bool = False,
    ) -> Row:
        """Upwards at once, to a lower plan from the next period on. ``dry_run`` answers what would be charged, and changes nothing."""
        if plan is None and seats is None:
            raise Unprocessable("invalid_fields", "say what is to change", {"plan": ["Name a plan, a number of seats, or both."]})
        subscription = self.as_of(workspace_id, now) if dry_run else self._expected(workspace_id, revision, now)
        known = subscription.version
        subscription.check_open()
        offer = self._wanted(subscription, plan)
        count = self._seats(subscription, offer, seats, now)
        if not dry_run:
            self._check_sale(subscription, offer, accept_terms_version)
        bill = self._changed(subscription, offer, count, self._zone(time_zone), accept_terms_version, account_id, now)
        invoices = [] if dry_run else self._issued([(subscription, bill, now)])
        if not dry_run:
            self._sell(offer, subscription, known, invoices)
        charged = {"lines": bill.lines if bill else [], "total": bill.total if bill else 0}
        shown = self._shown(subscription, now) | charged | {"invoice": invoices[0].number if invoices else None}
        return shown | {"revision": known} if dry_run else shown

    def _expected(self, workspace_id: UUID, revision: int | None, now: datetime) -> Subscription:
        self.save(*self._begun(workspace_id, now))
        return self.current(workspace_id, now, revision)

    def _sell(self, offer: Offer, subscription: Subscription, known: int, invoices: list[Invoice]) -> None:
        """Of two who change it at the same moment one wins, and the other is told: what he decided on is no longer so."""
        try:
            self.save(self._sold(offer), subscription, *invoices)
        except IntegrityError:
            # Inside a transaction nothing can be read any more: there the whole call is run again.
            if (self.db and self.db.in_transaction) or self._subscription(subscription.workspace_id).version == known:
                raise
            raise Conflict("concurrent_change", "somebody else changed this at the same moment: read it again and decide anew") from None

    def _changed(
        self, subscription: Subscription, offer: Offer, seats: int, zone: str, terms: str | None, account_id: UUID, now: datetime
    ) -> Bill | None:
        if terms and self.catalogue.current.terms:
            subscription.accept_terms(terms, account_id)
        if subscription.offer.costs and self._rank(offer) < self._rank(subscription.offer):
            subscription.plan_downgrade(offer, seats)
            return None
        if (offer, seats) == (subscription.offer, subscription.seats):
            subscription.drop_downgrade()
            return None
        return subscription.change(offer, seats, zone, now)

    def _wanted(self, subscription: Subscription, plan: str | None) -> Offer:
        """Who stays on a plan stays on the version that was bought, and who has paid or is owed something in its currency."""
        if plan is None or plan == subscription.offer.plan:
            return subscription.offer
        bound = subscription.offer.costs or subscription.credits
        return self._offer(plan, subscription.offer.currency if bound else None)

    def _rank(self, offer: Offer) -> int:
        known = self.catalogue.current.find(offer.plan)
        return known.rank if known else offer.rank

    def _seats(self, subscription: Subscription, offer: Offer, seats: int | None, now: datetime) -> int:
        taken = self.heads.taken(subscription.workspace_id, now)
        wanted = 0
        if offer.seat_price:
            wanted = max(1, taken, subscription.seats) if seats is None else seats
        subscription.check_seats(offer, wanted, taken)
        return wanted

    def _zone(self, time_zone: str | None) -> str:
        zone = time_zone or self.settings.billing_time_zone
        if zone not in zones():
            raise Unprocessable(
                "invalid_fields", "see errors for what is wrong with each field", {"time_zone": ["A name such as Europe/Berlin."]}
            )
        return zone

    def _check_sale(self, subscription: Subscription, offer: Offer, accepted: str | None) -> None:
        """Nothing is charged before the terms are accepted and somebody is named whom the invoice is made out to."""
        terms = self.catalogue.current.terms
        if terms and accepted is not None and accepted != terms:
            raise Conflict("terms_outdated", f"the terms are those of version {terms}: read and accept these", {"terms_version": terms})
        if not offer.costs or offer.plan == subscription.offer.plan:
            return
        if terms and (accepted or subscription.terms) != terms:
            raise Conflict("terms_not_accepted", f"accept version {terms} of the terms to buy this", {"terms_version": terms})
        if self.find(BillingInfo, BillingInfo.create_id(subscription.workspace_id)) is None:
            raise Conflict("billing_info_missing", "say whom invoices are made out to first: PUT …/billing-info")

    def _shown(self, subscription: Subscription, now: datetime) -> Row:
        planned = subscription.planned
        return {
            "plan": subscription.offer.plan,
            "catalogue_version": subscription.offer.version,
            "seats": subscription.seats or None,
            "seats_used": self.heads.taken(subscription.workspace_id, now),
            "period": {
                "starts_on": str(subscription.period.starts_on),
                "ends_on": str(subscription.period.ends_on),
                "ends_at": subscription.ends_at,
            },
            "time_zone": subscription.zone,
            "status": subscription.status,
            "grace_until": subscription.grace_until,
            "limits": subscription.limits,
            "currency": subscription.offer.currency,
            "credit": sum(credit["amount"] for credit in subscription.credits),
            "terms_version": subscription.terms,
            "planned": {"plan": planned[0].plan, "seats": planned[1] or None} if planned else None,
            "revision": subscription.version,
        }
