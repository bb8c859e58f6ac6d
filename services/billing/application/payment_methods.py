from typing import Any
from uuid import UUID

from services.billing.application.shared import Shared
from services.billing.domain.payment_account import PaymentAccount
from services.billing.payments import Provider, provider
from services.billing.views.payments import PaymentViews
from services.chassis.views import Row


class PaymentMethods(Shared):
    """Cards are given at the provider and kept there: here is only what it calls the workspace."""

    provider: Provider
    due_payments: PaymentViews

    def setup(self) -> None:
        """Raises SettingError when the provider lacks something."""
        super().setup()
        self.provider = provider(self.settings)
        if self.db:
            self.due_payments = PaymentViews(self.db)

    def check_access(self) -> None:
        super().check_access()
        self.provider.check()

    def replace_payment_method(self, workspace_id: UUID) -> Row:
        """The address of the provider's page; the card that is given there pays from then on."""
        account = self.payment_account(workspace_id)
        known = account.customer if account else ""
        customer, url = self.provider.open_setup(workspace_id, known, f"{self.settings.url}/")
        if account is None:
            self.save(PaymentAccount(workspace_id=workspace_id, provider=self.provider.name, customer=customer))
        return {"url": url}

    def get_payment_method(self, workspace_id: UUID) -> Row:
        account = self.payment_account(workspace_id)
        card: Any = self.provider.method(account.customer) if account else None
        return {"provider": self.provider.name, "card": card}

    def payment_account(self, workspace_id: UUID) -> PaymentAccount | None:
        return self.find(PaymentAccount, PaymentAccount.create_id(workspace_id, self.provider.name))
