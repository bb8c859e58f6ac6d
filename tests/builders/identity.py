"""Named, deterministic examples of identity's commands, and the application that takes them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.chassis.settings import Settings
from services.identity.application import Identity

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETUP_TOKEN = "the-token-that-was-printed"
PASSWORD = "correct horse battery staple"
SETTINGS = Settings(secret_key="0123456789abcdef0123456789abcdef", setup_token=SETUP_TOKEN)

OPERATOR = {"email": "grace@example.org", "password": PASSWORD, "username": "grace", "first_name": "Grace", "last_name": "Hopper"}
ADA = {"email": "ada@example.org", "password": PASSWORD, "username": "ada", "first_name": "Ada", "last_name": "Lovelace"}
BOB = {"email": "bob@example.org", "password": PASSWORD, "username": "bob"}


def identity(**settings: Any) -> Identity:
    """Fresh, without any account."""
    return Identity.in_memory(Settings(**{"secret_key": SETTINGS.secret_key, "setup_token": SETUP_TOKEN, **settings}))


def founded(**settings: Any) -> Identity:
    """With its operator."""
    app = identity(**settings)
    app.register_account(**OPERATOR, setup_token=SETUP_TOKEN, now=NOON)
    return app


def register(app: Identity, person: dict[str, Any] = ADA, now: datetime = NOON) -> dict[str, Any]:
    return app.register_account(**person, now=now)


def verification_token(app: Identity, account: dict[str, Any]) -> str:
    """As the mail has it."""
    letter = app.verification(account["id"], account["emails"][0]["id"])
    assert letter is not None
    return letter.token


def register_verified(app: Identity, person: dict[str, Any] = ADA, now: datetime = NOON) -> dict[str, Any]:
    account = register(app, person, now)
    app.verify_email(token=verification_token(app, account), now=now)
    return account


def sign_in(app: Identity, person: dict[str, Any] = ADA, now: datetime = NOON) -> dict[str, Any]:
    return app.start_session(email=person["email"], password=person["password"], now=now)


def log(app: Identity) -> list[Any]:
    """Every event in the log."""
    stored = app.recorder.select_notifications(1, 10_000)
    return [app.mapper.to_domain_event(each) for each in stored]


def topics(app: Identity, after: int = 0) -> list[str]:
    """Topics of the events in the log, those of its first ``after`` left out."""
    return [event.TOPIC for event in log(app)[after:]]


def started(app: Identity, person: dict[str, Any] = ADA, now: datetime = NOON) -> tuple[UUID, UUID]:
    """Account and session of a person that has signed up and in."""
    account = register_verified(app, person, now)
    return account["id"], sign_in(app, person, now)["session"].id
