from collections.abc import Iterator

import pytest

from tests.kit.installations import Installation, embedded
from tests.kit.people import Person

SETTINGS = {"GATEHOUSE_ADDRESS_ATTEMPTS": "12", "GATEHOUSE_USAGE_SECONDS": "1"}


@pytest.fixture(scope="package")
def embedded_gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with embedded(tmp_path_factory.mktemp("embedded"), **SETTINGS) as running:
        found(running)
        yield running


@pytest.fixture(scope="package")
def gatehouse(embedded_gatehouse: Installation) -> Installation:
    """A running one with its operator; for tests whose subject is the same in both modes."""
    return embedded_gatehouse


@pytest.fixture
def olivia(gatehouse: Installation) -> Person:
    return Person(gatehouse, "olivia").arrived()


@pytest.fixture
def ada(gatehouse: Installation) -> Person:
    return Person(gatehouse, "ada").arrived()


@pytest.fixture
def newcomer(gatehouse: Installation) -> Person:
    return Person(gatehouse, "newcomer").arrived()


def found(running: Installation) -> None:
    """Signs up the first account, which is the operator's."""
    answer = Person(running, "operator").sign_up(setup_token=running.setup_token)
    assert answer.status_code == 201, answer.text
