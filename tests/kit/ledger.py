"""A small service with everything a service can have, for tests of what all services stand on."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from services.chassis.application import Application
from services.chassis.domain import Aggregate, Personal, event
from services.chassis.projections import Projection, on
from services.chassis.public import PublicEvent, PublicEvents
from services.chassis.reactions import Reaction
from services.chassis.views import Rows, Table


class Account(Aggregate):
    TOPIC = "ledger.account"

    class Created(Aggregate.Created):
        TOPIC = "ledger.account.opened"
        owner: Personal

    class Credited(Aggregate.Event):
        TOPIC = "ledger.account.credited"
        amount: int

    class Noted(Aggregate.Event):
        TOPIC = "ledger.account.noted"

    class Closed(Aggregate.Event):
        TOPIC = "ledger.account.closed"

    @event(Created)
    def __init__(self, owner: Personal) -> None:
        self.owner, self.balance, self.open = owner, 0, True

    @event(Credited)
    def credit(self, amount: int) -> None:
        self.balance += amount

    @event(Noted)
    def note(self) -> None:
        """Changes nothing and is not public: it leaves a hole in the public positions."""

    @event(Closed)
    def close(self) -> None:
        self.open = False


PUBLIC = PublicEvents("ledger")


@PUBLIC.event(Account.Created)
class Opened(Schema):
    """An account was opened."""


@PUBLIC.event(Account.Credited)
class Credited(Schema):
    """An account was credited."""

    amount = fields.Integer(required=True)


@PUBLIC.event(Account.Closed)
class Closed(Schema):
    """An account was closed."""


balances = Table(
    "balances", key=("id",), columns={"id": "uuid NOT NULL", "owner": "text", "last": "int NOT NULL", "open": "boolean NOT NULL"}
)
credits = Table(
    "credits",
    key=("source", "position"),
    columns={"source": "text NOT NULL", "position": "bigint NOT NULL", "account": "uuid NOT NULL", "data": "jsonb NOT NULL"},
)


class Balances(Projection):
    name, tables = "balances", (balances,)

    @on(Account.Created)
    def opened(self, event: Account.Created, rows: Rows) -> None:
        rows.put(balances, id=event.originator_id, owner=event.owner.value, last=0, open=True)

    @on(Account.Credited)
    def credited(self, event: Account.Credited, rows: Rows) -> None:
        rows.change(balances, {"id": event.originator_id}, last=event.amount)

    @on(Account.Closed)
    def closed(self, event: Account.Closed, rows: Rows) -> None:
        rows.remove(balances, id=event.originator_id)


class Credits(Projection):
    name, tables, sources = "credits", (credits,), ("ledger",)

    @on("ledger.account.credited")
    def credited(self, event: PublicEvent, rows: Rows) -> None:
        rows.put(credits, source=event.source, position=event.position, account=event.subject, data=event.data)

    @on("ledger.account.closed")
    def closed(self, event: PublicEvent, rows: Rows) -> None:
        rows.remove_where(credits, account=event.subject)


class Ledger(Application):
    name = "ledger"
    projections = (Balances,)
    public = PUBLIC
    snapshotting_intervals = {Account: 20}  # noqa: RUF012

    def open(self, owner: UUID, name: str) -> UUID:
        account = Account(Personal(owner, name))
        self.save(account)
        return account.id

    def credit(self, account_id: UUID, amount: int) -> int:
        account = self.load(Account, account_id)
        account.credit(amount)
        self.save(account)
        return account.version


class Welcome(Reaction):
    """Credits every new account with 1, once; ``refuses`` are the tries that fail."""

    sources = ("ledger",)
    refuses = 0

    @on("ledger.account.opened")
    def opened(self, event: PublicEvent) -> None:
        if Welcome.refuses:
            Welcome.refuses -= 1
            raise RuntimeError("not today")
        self.app.credit(UUID(event.subject), 1)


def rows(db: Any, table: Table) -> list[dict[str, Any]]:
    return db.all(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}")
