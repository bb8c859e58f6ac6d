from pathlib import Path

import pytest

from gatehouse.reference import DOCUMENTS
from tests.contracts import features

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {**DOCUMENTS, features.PAGE.name: features.page}


@pytest.mark.parametrize("name", PAGES)
def test_the_published_document_agrees_with_the_code(name: str) -> None:
    assert PAGES[name]() == (DOCS / name).read_text(), "on purpose? then run `make docs` and commit what it writes"


def test_every_feature_that_a_test_names_has_its_row(request: pytest.FixtureRequest) -> None:
    named = {id for item in request.session.items for mark in item.iter_markers("feature") for id in mark.args}
    page = features.page()
    assert [id for id in named if f"| {id} |" not in page] == []
