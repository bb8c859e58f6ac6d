from typing import Any
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, Personal, event


class BillingInfo(Aggregate):
    """Whom invoices are made out and sent to. Who that is, is a personal value of the workspace's own."""

    TOPIC = "billing.billing_info"

    class Created(Aggregate.Created):
        TOPIC = "billing.billing_info.given"
        workspace_id: UUID
        contact: Personal

    class Changed(Aggregate.Event):
        TOPIC = "billing.billing_info.changed"
        workspace_id: UUID
        contact: Personal

    @event(Created)
    def __init__(self, workspace_id: UUID, contact: Personal) -> None:
        self.workspace_id, self.contacts = workspace_id, [contact]

    @staticmethod
    def create_id(workspace_id: UUID) -> UUID:
        return uuid5(workspace_id, "billing information")

    @classmethod
    def personal(cls, workspace_id: UUID, contact: dict[str, Any]) -> Personal:
        return Personal(cls.create_id(workspace_id), contact)

    @property
    def contact(self) -> Personal:
        return self.contacts[-1]

    def contact_of(self, version: int) -> Personal:
        """As it was when this had that version."""
        return self.contacts[version - 1]

    def change(self, contact: dict[str, Any]) -> None:
        if contact != self.contact.value:
            self._changed(self.workspace_id, self.personal(self.workspace_id, contact))

    @event(Changed)
    def _changed(self, workspace_id: UUID, contact: Personal) -> None:
        self.contacts = [*self.contacts, contact]
