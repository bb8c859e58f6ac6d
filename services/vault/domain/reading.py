from typing import Any
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event


class Reading(Aggregate):
    """Somebody was given what these texts say. Of readings that are alike, one a while is kept."""

    TOPIC = "vault.reading"

    class Created(Aggregate.Created):
        TOPIC = "vault.configuration.read"
        workspace_id: UUID
        account_id: UUID | None
        use: str
        texts: list[dict[str, Any]]

    @event(Created)
    def __init__(self, id: UUID, workspace_id: UUID, account_id: UUID | None, use: str, texts: list[dict[str, Any]]) -> None:
        """``account_id``: whose own it is, or whose clients get it. ``texts``: each a ``configuration_id`` and a ``version``."""
        self.use = use

    @staticmethod
    def id_of(workspace_id: UUID, alike: str) -> UUID:
        """The same for all that are alike."""
        return uuid5(workspace_id, f"reading {alike}")
