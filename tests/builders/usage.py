"""Usage as it is reported, and a billing that takes it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.billing.domain.usage import Record

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT_NOON = NOON.isoformat()
VISION = UUID("00000000-0000-4000-8000-0000000000a1")
AUDIO = UUID("00000000-0000-4000-8000-0000000000a2")
GATEWAY = UUID("00000000-0000-4000-8000-0000000000e1")

PLANS = """
versions:
  - version: 1
    currency: EUR
    plans:
      free:
        name: Free
        limits: {members: 3, storage: 1_000, api_calls: 100}
      pro:
        name: Pro
        seat_price: 1_000
        usage:
          gpu_seconds: {price: 1, per: 60}
"""


def plans_file(folder: Path, text: str = PLANS) -> str:
    path = folder / "plans.yaml"
    path.write_text(text)
    return str(path)


def record(id: str = "r1", metric: str = "gpu_seconds", quantity: int = 10, at: datetime = NOON) -> Record:
    return Record(id, metric, quantity, at)


def sent(id: Any = "r1", metric: Any = "gpu_seconds", quantity: Any = 10, at: Any = AT_NOON, **more: Any) -> dict[str, Any]:
    """As it comes over HTTP."""
    return {"id": id, "metric": metric, "quantity": quantity, "at": at, **more}
