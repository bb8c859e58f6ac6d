"""Public events as they come off the bus, numbered as one source would."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.chassis.public import PublicEvent

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAM = UUID("00000000-0000-4000-8000-0000000000aa")


def events(
    source: str, *said: tuple[str, dict[str, Any]], workspace_id: UUID | str = "", subject: UUID | str = STREAM, **call: str
) -> list[PublicEvent]:
    """Each a second after the one before; positions have holes, because not every event of a log is public."""
    return [
        PublicEvent(
            id=f"{source}:{2 * number}",
            source=source,
            type=type_,
            version=1,
            subject=str(subject),
            time=NOON + timedelta(seconds=number),
            position=2 * number,
            previous=2 * (number - 1),
            workspace_id=str(workspace_id),
            data={name: str(value) if isinstance(value, UUID) else value for name, value in data.items()},
            **call,
        )
        for number, (type_, data) in enumerate(said, start=1)
    ]
