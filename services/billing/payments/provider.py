"""The port to whoever moves the money."""

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One try to have one invoice paid, in the smallest unit of its currency.

    ``key`` names the try. ``again``: it was begun before, and nobody knows what came of it.
    """

    key: str
    invoice: str
    customer: str
    amount: int
    currency: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """``refused``: the provider does not take such a payment, which is no fault of whoever pays.

    ``reference``: the provider's name for the payment; ``reason``: its code for why there is none.
    """

    state: Literal["paid", "failed", "refused", "pending"]
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What people recognise a card by. It is asked for and shown, and never kept."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """That something happened at the provider: ``kind`` of what, to the object ``subject``. What is so now is asked for, never believed."""

    id: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class MethodSaved:
    """``workspace_id``: whose customer it is as far as the provider knows."""

    customer: str
    workspace_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    customer: str
    invoice: str
    key: str
    outcome: Outcome


class Provider(Protocol):
    """Every method but ``check`` and ``heard`` raises Unavailable if the provider does not answer."""

    name: str
    # Whether it pays invoices when it is asked to; if not, somebody says that one is paid.
    collects: bool

    def check(self) -> None:
        """Raises SettingError if it does not let us in; one that does not answer has nothing against us."""

    def open_setup(self, workspace_id: UUID, customer: str, back_to: str) -> tuple[str, str]:
        """The customer, made if there is none yet, and the address of the provider's page on which a payment method is given."""

    def method(self, customer: str) -> Method | None: ...

    def charge(self, due: Due) -> Outcome:
        """Takes the money at most once for one key, however often it is asked and however long after."""

    def heard(self, body: bytes, signature: str) -> Notice | None:
        """Raises InvalidInput unless the provider has sent this just now; None for what has no meaning here."""

    def follow(self, notice: Notice) -> MethodSaved | PaymentSeen | None:
        """What is so at the provider by now; None for what is not ours."""
