"""JSON, one object a line: the members of the operator's export, so that each line can be proved to be in the journal."""

from collections.abc import Mapping
from typing import Any

from services.audit.formats.text import ascii_json
from services.audit.proof.entries import entry_of


def line(row: Mapping[str, Any]) -> str:
    return ascii_json({"hash": row["hash"].hex(), "entry": entry_of(row)})
