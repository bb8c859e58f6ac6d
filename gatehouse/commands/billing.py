"""Invoices, as an operator corrects and settles them."""

import click

from gatehouse.commands.installation import opened


@click.group()
def billing() -> None:
    """Plans, invoices and payments."""


@billing.command()
def example() -> None:
    """Print a file of plans, to begin one's own with: GATEHOUSE_PLANS_FILE names it."""
    from services.billing.catalogue import EXAMPLE

    click.echo(EXAMPLE.read_text(), nl=False)


@billing.command()
def recount() -> None:
    """Work every invoice out again from the log, and say which differ; changes nothing."""
    from gatehouse import billing

    with opened() as installation:
        billing.recount(installation)


@billing.command("credit")
@click.argument("number")
@click.option("--reason", required=True, help="Why, as it stands on the credit note.")
@click.option("--amount", type=click.IntRange(min=1), help="In the currency's smallest unit; without it, the whole invoice.")
def credit_invoice(number: str, reason: str, amount: int | None) -> None:
    """Correct an invoice by a credit note. What was paid already pays for what comes next."""
    from gatehouse import billing

    with opened() as installation:
        billing.credit(installation, number, amount, reason)


@billing.command()
@click.argument("number", metavar="NUMBER")
@click.option("--reference", default="", help="Such as that of the bank's statement; it is kept with the payment.")
def paid(number: str, reference: str) -> None:
    """Say that an invoice is paid. A workspace that was closed for it opens at once."""
    from gatehouse import billing

    with opened() as installation:
        billing.mark_paid(installation, number, reference)
