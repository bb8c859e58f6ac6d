"""The acceptance drivers again, where every service is a process of its own."""

from pathlib import Path

import pytest

from tests.conformance.clients import SDKS, approval, drive, drive_clearml, made
from tests.kit.installations import Installation
from tests.kit.people import Person

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def grace(distributed_gatehouse: Installation) -> Person:
    return Person(distributed_gatehouse, "grace").arrived()


@pytest.mark.parametrize("client", SDKS)
def test_clearml_passes(grace: Person, client: str) -> None:
    keys = made(grace.post(f"{grace.workspace()}/credentials", {"label": "apart"}))
    assert "RESULT ok" in drive_clearml(grace.gatehouse.url, keys, client)


def test_dvc_passes(grace: Person, tmp_path: Path) -> None:
    words = ("--studio-url", grace.gatehouse.url, "--approve-cmd", approval(grace, tmp_path), "--webhook")
    assert "RESULT ok" in drive("dvc_studio_login.py", "dvc", *words)
