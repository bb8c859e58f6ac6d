from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

from services.billing.application.plans import Plans
from services.billing.domain import Bill, BillingInfo, Offer, Subscription
from services.chassis.errors import Conflict, Unprocessable
from services.chassis.views import Row


class Subscriptions(Plans):
    def start_subscription(self, workspace_id: UUID, now: datetime) -> None:
        """On the plan that everybody begins with; nothing happens where nothing is sold, or to a workspace that has one."""
        if self.catalogue.sells and self.find_subscription(workspace_id) is None:
            offer = self.catalogue.current.default
            self.save(self._sold(), Subscription.start(workspace_id, offer, self.settings.billing_time_zone, now))

    def get_subscription(self, workspace_id: UUID, now: datetime) -> Row:
        if not self.catalogue.sells and self.find_subscription(workspace_id) is None:
            return self._unsold(workspace_id, now)
        return self._shown(self.current(workspace_id, now), now)

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
        self.start_subscription(workspace_id, now)
        subscription = self.current(workspace_id, now)
        subscription.expect(revision)
        subscription.check_open()
        offer = self._wanted(subscription, plan)
        count = self._seats(subscription, offer, seats, now)
        if not dry_run:
            self._check_sale(subscription, offer, accept_terms_version)
        bill = self._changed(subscription, offer, count, self._zone(time_zone), accept_terms_version, account_id, now)
        invoices = self._issued([(subscription, bill, now)])
        if not dry_run:
            self.save(self._sold() if offer.version == self.catalogue.current.number else None, subscription, *invoices)
        return self._shown(subscription, now) | {"lines": [*bill.lines] if bill else [], "total": bill.total if bill else 0}

    def _changed(
        self, subscription: Subscription, offer: Offer, seats: int, zone: str, terms: str | None, account_id: UUID, now: datetime
    ) -> Bill | None:
        if subscription.offer.costs and self._rank(offer) < self._rank(subscription.offer):
            subscription.plan_downgrade(offer, seats)
            return None
        if (offer, seats) == (subscription.offer, subscription.seats):
            subscription.drop_downgrade()
            return None
        if terms:
            subscription.accept_terms(terms, account_id)
        return subscription.change(offer, seats, zone, now)

    def _wanted(self, subscription: Subscription, plan: str | None) -> Offer:
        """Who stays on a plan stays on the version that was bought."""
        return subscription.offer if plan in (None, subscription.offer.plan) else self._offer(str(plan))

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
        if zone not in available_timezones():
            raise Unprocessable("invalid_fields", "see errors for what is wrong with each field", {"time_zone": ["A name such as Europe/Berlin."]})
        return zone

    def _check_sale(self, subscription: Subscription, offer: Offer, accepted: str | None) -> None:
        """Nothing is charged before the terms are accepted and somebody is named whom the invoice is made out to."""
        terms = self.catalogue.current.terms
        if accepted is not None and accepted != terms:
            raise Conflict("terms_outdated", f"the terms are those of version {terms}: read and accept these", {"terms_version": terms})
        if not offer.costs or offer.plan == subscription.offer.plan:
            return
        if terms and accepted is None:
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
            "starts_on": str(subscription.period.starts_on),
            "ends_on": str(subscription.period.ends_on),
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

    def _unsold(self, workspace_id: UUID, now: datetime) -> Row:
        """Where nothing is sold everything works, and months are those of the calendar."""
        offer = self.catalogue.current.default
        fresh = Subscription.start(workspace_id, offer, self.settings.billing_time_zone, now.replace(day=1))
        return self._shown(fresh, now) | {"revision": 0}
