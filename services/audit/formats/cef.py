"""ArcSight's Common Event Format, version 0."""

import re
from collections.abc import Mapping
from typing import Any

from services.audit.formats.text import member, shown
from services.audit.formats.version import VERSION

_WITHIN_LINES = re.compile(r"[^\r\n]+")
# Of those extensions that have a length in CEF's dictionary.
_LONGEST = 4_000
# Extensions of the dictionary by the entry's member, then those of our own with their labels.
_KNOWN = {"id": "externalId", "actor": "suid", "account_id": "duid", "user_agent": "requestClientApplication"}
_LABELLED = ("workspace_id", "subject", "correlation_id", "credential_id", "hash", "changes")


def line(row: Mapping[str, Any]) -> str:
    name = row["type"].partition(".")[2].replace(".", " ").replace("_", " ")
    severity = "5" if row["type"].endswith("refused") else "3"
    head = "|".join(_header(value) for value in ("Gatehouse", "Gatehouse", VERSION, row["type"], name, severity))
    return f"CEF:0|{head}|{' '.join(f'{key}={_extension(value)}' for key, value in _extensions(row).items() if value)}"


def _extensions(row: Mapping[str, Any]) -> dict[str, str]:
    found = {"rt": str(int(row["time"].timestamp() * 1000)), **{key: member(row, name) for name, key in _KNOWN.items()}}
    ip = member(row, "ip")
    found |= {"c6a2": ip, "c6a2Label": "sourceIPv6Address"} if ":" in ip else {"src": ip}
    for number, name in enumerate(_LABELLED, start=1):
        if value := member(row, name):
            found |= {f"cs{number}": value, f"cs{number}Label": name}
    if row["on_behalf_of"]:
        found |= {"flexString1": row["on_behalf_of"], "flexString1Label": "on_behalf_of"}
    return found


def _header(text: str) -> str:
    return shown(text).replace("\\", "\\\\").replace("|", "\\|")


def _extension(text: str) -> str:
    """Line breaks have a spelling of CEF's own; what else cannot be printed is shown by its code."""
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    safe = _WITHIN_LINES.sub(lambda found: shown(found[0]), cut)
    return safe.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")
