"""A billing in memory, and workspaces that buy."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from services.billing.application import Billing
from services.billing.domain import Invoice
from services.chassis.settings import Settings

VISION = UUID("00000000-0000-4000-8000-0000000000a1")
AUDIO = UUID("00000000-0000-4000-8000-0000000000a2")
ADA = UUID("00000000-0000-4000-8000-00000000000a")
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
TERMS = "2026-04"
CONTACT = {"name": "Vision GmbH", "email": "books@example.org", "address": "Hauptstr. 1|10115 Berlin", "country": "DE", "tax_id": "DE123"}
CALLS = {"price": 10, "per": 100, "included": 1_000}


def version(number: int = 1, price: int = 3_000, currency: str = "EUR", terms: str = TERMS, **prices: Any) -> dict[str, Any]:
    """Free for two, team for ten, pro for everybody at twice the price; of calls the first thousand of a period are free."""
    usage = prices.get("usage", {"api_calls": CALLS})
    plans = {
        "free": {"name": "Free", "limits": {"members": 2, "api_calls": 100_000}},
        "team": {"name": "Team", "seat_price": price, "limits": {"members": 10}, "usage": usage},
        "pro": {"name": "Pro", "seat_price": 2 * price, "usage": usage},
    }
    return {"version": number, "currency": currency, "terms": terms, "plans": plans}


def plans_file(folder: Path, *versions: dict[str, Any]) -> str:
    path = folder / "plans.yaml"
    path.write_text(yaml.safe_dump({"versions": versions or [version()]}, sort_keys=False))
    return str(path)


def billing(folder: Path, *versions: dict[str, Any], **settings: Any) -> Billing:
    return Billing.in_memory(Settings(secret_key="k" * 32, plans_file=plans_file(folder, *versions), **settings))


def buy(app: Billing, plan: str = "team", seats: int | None = 1, now: datetime = NOON, whose: UUID = VISION, **more: Any) -> dict[str, Any]:
    """As somebody does who has said whom invoices are made out to."""
    app.put_billing_info(whose, CONTACT, None)
    return app.change_subscription(whose, ADA, now, plan=plan, seats=seats, **{"accept_terms_version": TERMS} | more)


def invoices(app: Billing) -> list[Invoice]:
    """Every document, in the order of their numbers."""
    found: list[Invoice] = []
    while (next := app.find(Invoice, Invoice.create_id(len(found) + 1))) is not None:
        found.append(next)
    return found
