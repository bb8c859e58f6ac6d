"""What billing writes to people."""

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
