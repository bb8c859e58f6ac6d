import pytest

from services.chassis import schema
from services.chassis.settings import Settings
from services.workspaces.application import Workspaces
from services.workspaces.service import SPEC


@pytest.fixture
def app(settings: Settings):
    """Over an empty schema."""
    app = Workspaces.connect(settings)
    with app.db.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS workspaces CASCADE")
    schema.create(app.db, SPEC.tables)
    yield app
    app.close()
