from uuid import UUID

from services.billing.application.closing import Closing
from services.billing.domain import Edition, Limits, Offer
from services.chassis.errors import NotFound
from services.chassis.views import Row


class Plans(Closing):
    def plans(self) -> Row:
        """Those that are sold now."""
        version = self.catalogue.current
        return {
            "version": version.number,
            "terms_version": version.terms or None,
            "terms_url": version.terms_url or None,
            "items": [offer.to_dict() for offer in version.offers],
        }

    def limits_of(self, workspace_id: UUID) -> Limits:
        """Those of its subscription; of a workspace without one, those of the plan that everybody begins with."""
        found = self.find_subscription(workspace_id)
        return found.limits if found else self.catalogue.current.default.limits

    def _offer(self, plan: str, currency: str | None) -> Offer:
        """Raises NotFound for a plan that is not sold, or not in that currency."""
        if (offer := self.catalogue.offer(plan, currency)) is None:
            plans = [each.plan for each in self.catalogue.current.offers]
            raise NotFound(
                "plan_not_found", f"there is no such plan{f' in {currency}' if currency else ''}: it is one of {', '.join(plans)}"
            )
        return offer

    def _sold(self, offer: Offer) -> Edition | None:
        """To be saved with the first sale of its version of the catalogue; None afterwards."""
        version = self.catalogue.version(offer.version)
        if version is None or self.find(Edition, Edition.create_id(version.number)):
            return None
        return Edition(number=version.number, digest=version.digest)
