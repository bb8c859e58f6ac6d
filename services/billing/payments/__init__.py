"""Payment providers, behind one port."""

from services.billing.payments.manual import Manual
from services.billing.payments.provider import Due, Method, MethodSaved, Notice, Outcome, PaymentSeen, Provider
from services.billing.payments.stripe import Stripe
from services.chassis.settings import Settings


def provider(settings: Settings) -> Provider:
    """Raises SettingError when the provider lacks something."""
    return Stripe(settings) if settings.payment_provider == "stripe" else Manual()


__all__ = ["Due", "Method", "MethodSaved", "Notice", "Outcome", "PaymentSeen", "Provider", "provider"]
