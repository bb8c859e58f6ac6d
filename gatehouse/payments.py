"""Money that came in by itself, as an operator says on the command line."""

from datetime import UTC, datetime

from gatehouse.admin import Installation, console
from services.billing.application import Billing
from services.chassis import context, usecase
from services.chassis.context import CallContext

# Whom the journal names: there is nobody signed in.
ACTOR = "system:command-line"


def mark_paid(installation: Installation, number: str, reference: str) -> None:
    billing = installation.app("billing")
    if not isinstance(billing, Billing):
        raise TypeError("billing is another application here")
    with context.use(CallContext(actor_id=ACTOR, correlation_id=context.current().correlation_id)):
        usecase.run("billing", "mark_paid", billing, {}, lambda _: dict(billing.mark_paid(number, reference, datetime.now(UTC))))
    console.print(f"{number} is paid", highlight=False, markup=False)
