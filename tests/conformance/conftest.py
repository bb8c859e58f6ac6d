from collections.abc import Iterator

import pytest

from tests.conformance.clients import Keys, made
from tests.kit.installations import Installation, embedded
from tests.kit.people import Person


@pytest.fixture(scope="package")
def gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running one with its operator, for real clients."""
    with embedded(tmp_path_factory.mktemp("conformance")) as running:
        answer = Person(running, "operator").sign_up(setup_token=running.setup_token)
        assert answer.status_code == 201, answer.text
        yield running


@pytest.fixture(scope="module")
def ada(gatehouse: Installation) -> Person:
    return Person(gatehouse, "ada").arrived()


@pytest.fixture(scope="module")
def workspace(ada: Person) -> str:
    return ada.workspace("vision")


@pytest.fixture
def keys(ada: Person, workspace: str) -> Keys:
    return made(ada.post(f"{workspace}/credentials", {"label": "conformance"}))
