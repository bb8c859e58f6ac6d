import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from eventsourcing.persistence import IntegrityError
from psycopg.errors import UndefinedTable

from services.billing.catalogue import Catalogue
from services.billing.domain import Edition, Period, Subscription, Used
from services.billing.domain.period import zones
from services.billing.events import PUBLIC
from services.billing.projections import OWN, REPLAYED
from services.billing.views.heads import HeadViews
from services.billing.views.invoices import InvoiceViews
from services.billing.views.subscriptions import SubscriptionViews
from services.chassis.application import Application
from services.chassis.database import OUTAGE
from services.chassis.domain import Aggregate
from services.chassis.errors import NotFound
from services.chassis.settings import SettingError, Settings

# Whoever reports shares this lock, whoever settles has it alone.
USAGE = "usage"


class Heads(Protocol):
    """How many members and pending invitations a workspace has."""

    def taken(self, workspace_id: UUID, now: datetime) -> int: ...

    def numbers(self, workspace_id: UUID, now: datetime) -> tuple[int, int]:
        """Of both, apart."""

    def knows(self, workspace_id: UUID) -> bool: ...


class MemoryHeads(dict[UUID, int]):
    def taken(self, workspace_id: UUID, now: datetime) -> int:
        return self.get(workspace_id, 0)

    def numbers(self, workspace_id: UUID, now: datetime) -> tuple[int, int]:
        return self.taken(workspace_id, now), 0

    def knows(self, workspace_id: UUID) -> bool:
        return True


class Shared(Application):
    """What all use cases of this service stand on."""

    projections, replayed = OWN, REPLAYED
    public = PUBLIC
    subscriptions: SubscriptionViews
    invoices: InvoiceViews

    def setup(self) -> None:
        """Raises SettingError when the catalogue cannot be read, or invoices could not be numbered, dated or printed."""
        _check(self.settings)
        self.catalogue = Catalogue.load(self.settings.plans_file)
        self.heads: Heads = HeadViews(self.db) if self.db else MemoryHeads()
        if self.db:
            self.subscriptions, self.invoices = SubscriptionViews(self.db), InvoiceViews(self.db)

    def check_settings(self) -> None:
        """Of the catalogue: a version that was sold must still say the same. A database that is away has nothing against it."""
        with suppress(*OUTAGE, UndefinedTable):
            for version in self.catalogue.versions:
                sold = self.find(Edition, Edition.create_id(version.number))
                if sold is not None and sold.digest != version.digest:
                    raise SettingError(f"GATEHOUSE_PLANS_FILE: version {version.number} was sold with other plans: add a version instead")

    def used(self, asked: Sequence[tuple[UUID, Period]]) -> dict[UUID, list[Used]]:
        """What these workspaces used in these periods, by metric; nothing where nothing was reported."""
        return {}

    @contextmanager
    def settling(self) -> Iterator[None]:
        """A transaction in which what is used stands still: no report comes between a sum and the invoice that says it."""
        if self.db is None:
            yield
        else:
            with self.database.turn(USAGE):
                yield

    def _saved(self, *objs: Aggregate | None) -> bool:
        """False if there was nothing to save, or somebody else was first: whoever does this now and then looks again the next time."""
        try:
            return bool(self.save(*objs))
        except IntegrityError:
            return False

    def unsubscribed(self, limit: int) -> list[UUID]:
        return HeadViews(self.database).unsubscribed(limit)

    def find_subscription(self, workspace_id: UUID) -> Subscription | None:
        return self.find(Subscription, Subscription.create_id(workspace_id))

    def _subscription(self, workspace_id: UUID) -> Subscription:
        if (found := self.find_subscription(workspace_id)) is None:
            raise NotFound("subscription_not_found", "this workspace has no subscription: nothing is sold here, or it is being made")
        return found


def _check(settings: Settings) -> None:
    if not re.fullmatch(r"[A-Za-z0-9-]{0,20}", settings.invoice_prefix):
        raise SettingError("GATEHOUSE_INVOICE_PREFIX has up to 20 letters, digits and hyphens: it stands in addresses")
    if settings.billing_time_zone not in zones():
        raise SettingError("GATEHOUSE_BILLING_TIME_ZONE must be a name such as Europe/Berlin")
    if settings.invoice_font and not Path(settings.invoice_font).is_file():
        raise SettingError("GATEHOUSE_INVOICE_FONT names no file")
