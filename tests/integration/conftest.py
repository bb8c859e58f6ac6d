from collections.abc import Iterator

import pytest

from services.chassis import schema
from services.chassis.settings import Settings
from tests.kit.ledger import Ledger, balances, credits


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, amqp_url="none", secret_key="k" * 32, pool_size=40)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    """A service of its own in an empty schema."""
    app = Ledger.connect(settings)
    app.db.run("SELECT 1")
    with app.db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS ledger CASCADE")
    schema.create(app.db, [balances, credits])
    yield app
    app.close()
