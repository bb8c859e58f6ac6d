import json
from datetime import UTC, datetime
from typing import Any

from services.billing.documents.paper import Paper, described
from services.billing.money import decimals


def written(paper: Paper) -> bytes:
    return f"{json.dumps(told(paper), ensure_ascii=False, indent=2)}\n".encode()


def told(paper: Paper) -> dict[str, Any]:
    """Amounts are integers of the currency's smallest unit, of which ``decimals`` says how small it is."""
    return {
        "number": paper.number,
        "kind": paper.kind,
        "corrects": paper.corrects or None,
        "workspace_id": paper.workspace_id,
        "issued_at": _time(paper.issued_at),
        "due_at": _time(paper.due_at),
        "issuer": paper.issuer,
        "billed_to": dict(paper.billed_to),
        "currency": paper.currency,
        "decimals": decimals(paper.currency),
        "lines": [_line(paper, place) for place in range(len(paper.lines))],
        "total": paper.total,
    }


def _line(paper: Paper, place: int) -> dict[str, Any]:
    line = {name: value for name, value in paper.lines[place].items() if name != "sources"}
    return {**line, "description": described(line), "events": [*paper.events[place]]}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
