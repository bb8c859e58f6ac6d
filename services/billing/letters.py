"""What billing writes to people."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.billing.documents.paper import described
from services.billing.domain import CREDIT_NOTE, Invoice
from services.billing.money import Money

_RENEWAL = """Hello,

the current period of your plan {plan} ends on {ends_on}. If nothing changes, {total} will be charged then:

{lines}

Change the plan or the number of seats before that day, if you like, at

{url}
"""

_INVOICE = """Hello,

please find {title} {number} over {total} attached.{due}
"""

_PAST_DUE = """Hello,

invoice {number} over {owed} is not paid. Everything works until {until:%d %B %Y, %H:%M} UTC; a card that you have given is tried again
until then. After that the projects of the workspace are closed until it is paid. Its settings stay open, at

{url}
"""

_CLOSED = """Hello,

the projects of your workspace are closed, because invoices are not paid: {numbers}. Nothing is lost. They open again at once when all is
paid; members, invoices and the payment method can be reached as ever, at

{url}
"""


def of_invoice(invoice: Invoice) -> tuple[str, str]:
    """Subject and text."""
    title = "credit note" if invoice.kind == CREDIT_NOTE else "invoice"
    due = f" It is to be paid until {invoice.due_at:%d %B %Y}." if invoice.open else ""
    text = _INVOICE.format(title=title, number=invoice.number, total=Money(invoice.total, invoice.currency), due=due)
    return f"{title.capitalize()} {invoice.number}", text


def of_renewal(letter: dict[str, Any], url: str) -> tuple[str, str]:
    lines = "\n".join(f"{described(line)}: {Money(line['amount'], letter['currency'])}" for line in letter["lines"])
    total = Money(letter["total"], letter["currency"])
    return f"Your plan renews on {letter['ends_on']}", _RENEWAL.format(**letter | {"total": total, "lines": lines, "url": url})


def of_past_due(invoice: Invoice, until: datetime, url: str) -> tuple[str, str]:
    owed = Money(invoice.owed, invoice.currency)
    text = _PAST_DUE.format(number=invoice.number, owed=owed, until=until.astimezone(UTC), url=url)
    return f"Invoice {invoice.number} is not paid", text


def of_closing(numbers: Sequence[str], url: str) -> tuple[str, str]:
    return "Your projects are closed", _CLOSED.format(numbers=", ".join(numbers), url=url)
