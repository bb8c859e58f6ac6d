"""CSV (RFC 4180), every field in quotation marks, for programs and for spreadsheets, which must not take a field for a formula."""

from collections.abc import Mapping
from typing import Any

from services.audit.formats.text import member, shown

COLUMNS = (
    "id", "time", "type", "actor", "on_behalf_of", "credential_id", "operator", "ip", "user_agent", "subject", "workspace_id", "account_id",
    "correlation_id", "causation_id", "claimed_request_id", "claimed_actor", "changes", "hash",
)  # fmt: skip
# What begins a formula, in the widths that spreadsheets take for the same; and the guard itself, so that it can be taken away again.
_FORMULA = tuple("=+-@＝＋－＠'")


def line(row: Mapping[str, Any]) -> str:
    return ",".join([_field(member(row, name)) for name in COLUMNS])


def _field(text: str) -> str:
    plain = shown(text)
    guard = "'" if plain.startswith(_FORMULA) else ""
    return f'"{guard}{plain.replace(chr(34), chr(34) * 2)}"'


HEAD = ",".join(f'"{name}"' for name in COLUMNS)
