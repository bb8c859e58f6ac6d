from typing import Any
from uuid import UUID

from services.billing.application.shared import Shared
from services.billing.domain import BillingInfo
from services.chassis.views import Row


class KeepsBillingInfo(Shared):
    def get_billing_info(self, workspace_id: UUID) -> Row:
        """Empty where nobody has given any."""
        found = self.find(BillingInfo, BillingInfo.create_id(workspace_id))
        return {"contact": found.contact.value or {}, "revision": found.version} if found else {"contact": {}, "revision": 0}

    def put_billing_info(self, workspace_id: UUID, contact: dict[str, Any], revision: int | None) -> Row:
        """Invoices that are issued already keep what they say."""
        found = self.find(BillingInfo, BillingInfo.create_id(workspace_id))
        if found is None:
            found = BillingInfo(workspace_id=workspace_id, contact=BillingInfo.personal(workspace_id, contact))
        else:
            found.expect(revision)
            found.change(contact)
        self.save(found)
        return {"contact": contact, "revision": found.version}
