"""How often a password may be guessed: so many times for one account, so many times from one client."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.database import Database
from services.chassis.settings import Settings
from services.chassis.throttle import Throttle, client

WINDOW = timedelta(minutes=15)
HOUR = timedelta(hours=1)


class Attempts:
    def __init__(self, settings: Settings, db: Database | None) -> None:
        self._settings = settings
        self._throttle = Throttle(db, "password", WINDOW)

    @contextmanager
    def counted(self, named_id: UUID, now: datetime) -> Iterator[None]:
        """Raises LimitExceeded before the password is looked at, so that even the right one is refused by then.

        Only attempts that raise stay counted; ``named_id`` is an account's, or whatever was named where there is none.
        """
        account, origin = f"account:{named_id}", f"client:{client()}"
        self._throttle.take(origin, self._settings.address_attempts, now)
        self._throttle.take(account, self._settings.password_attempts, now)
        yield
        self._throttle.give_back(origin, now)
        self._throttle.clear(account)

    def forgive(self, account_id: UUID) -> None:
        self._throttle.clear(f"account:{account_id}")


class Mails:
    """How often mail may be asked for: whoever asks, and whoever gets it, is somebody else's victim otherwise."""

    def __init__(self, settings: Settings, db: Database | None) -> None:
        self._most = settings.mail_requests
        self._throttle = Throttle(db, "mail", HOUR)

    def by_account(self, account_id: UUID, now: datetime) -> None:
        self._throttle.take(f"account:{account_id}", self._most, now)

    def by_client(self, now: datetime) -> None:
        self._throttle.take(f"client:{client()}", self._most * 5, now)

    def to(self, address_id: UUID, now: datetime) -> None:
        self._throttle.take(f"address:{address_id}", self._most, now)
