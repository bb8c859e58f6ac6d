"""What an operator does about plans and invoices from the command line."""

import sys
from datetime import UTC, datetime

from gatehouse.admin import Installation, acting, console
from services.billing.application import Billing
from services.billing.money import Money
from services.chassis import usecase


def recount(installation: Installation) -> None:
    """Ends with 1 if an invoice says something else than comes out."""
    told = _app(installation).recount()
    for difference in told.differences:
        console.print(f"[red]✗[/] {difference}", highlight=False)
    differences = f"{len(told.differences):,} differences" if told.differences else "no difference"
    console.print(f"{told.invoices:,} invoices worked out again from {told.events:,} events: {differences}", highlight=False)
    if told.differences:
        sys.exit(1)


def credit(installation: Installation, number: str, amount: int | None, reason: str) -> None:
    app = _app(installation)
    with acting():
        note = usecase.run("billing", "credit", app, {}, lambda _: app.credit(number, reason, datetime.now(UTC), amount))["data"]
    console.print(f"credit note {note['number']} over {Money(note['total'], note['currency'])}", highlight=False)


def mark_paid(installation: Installation, number: str, reference: str) -> None:
    app = _app(installation)
    with acting():
        usecase.run("billing", "mark_paid", app, {}, lambda _: dict(app.mark_paid(number, reference, datetime.now(UTC))))
    console.print(f"{number} is paid", highlight=False)


def _app(installation: Installation) -> Billing:
    app = installation.app("billing")
    if not isinstance(app, Billing):
        raise TypeError("billing is another application here")
    return app
