from pathlib import Path

import pytest

from gatehouse.reference import DOCUMENTS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_document_agrees_with_the_code(name: str) -> None:
    assert DOCUMENTS[name]() == (DOCS / name).read_text(), "on purpose? then run `make docs` and commit what it writes"
