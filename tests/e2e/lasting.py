"""People who stay for all tests of a module: where these leave the accounts as they are, and each makes workspaces of its own."""

from collections.abc import Callable

import pytest

from tests.kit.installations import Installation
from tests.kit.people import Person


def lasting(name: str) -> Callable[[Installation], Person]:
    """The fixture of this name, for the module that assigns it."""

    @pytest.fixture(scope="module", name=name)
    def arrived(gatehouse: Installation) -> Person:
        return Person(gatehouse, name).arrived()

    return arrived
