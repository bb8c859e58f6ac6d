import pytest
from flask.testing import FlaskClient

from gateway.app import Application
from tests.builders.gateway import application


@pytest.fixture(scope="module")
def app() -> Application:
    """Of all tests in a file: whoever changes it makes one of their own."""
    return application()


@pytest.fixture
def client(app: Application) -> FlaskClient:
    return app.test_client()
