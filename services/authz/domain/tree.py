from typing import Any
from uuid import UUID, uuid5

from services.chassis.domain import Aggregate, event

# So many in one event, lest it grow without bound.
_CHUNK = 1_000


class Tree(Aggregate):
    """Puts all changes of a workspace's resources in one order.

    It keeps none of them: ``Registration`` decides by the view, and the store refuses whoever decided by an older one.
    """

    TOPIC = "authz.tree"

    class Created(Aggregate.Created):
        TOPIC = "authz.tree.opened"
        workspace_id: UUID

    class Changed(Aggregate.Event):
        """Each with ``op`` (created, moved, renamed, deleted), ``type`` and ``id``; and unless deleted, with ``name`` and ``parent``."""

        TOPIC = "authz.resources.changed"
        workspace_id: UUID
        changes: list[dict[str, Any]]

    @event(Created)
    def __init__(self, workspace_id: UUID) -> None:
        self.workspace_id = workspace_id

    @staticmethod
    def create_id(workspace_id: UUID) -> UUID:
        return uuid5(workspace_id, "tree")

    def change(self, changes: list[dict[str, Any]]) -> None:
        for start in range(0, len(changes), _CHUNK):
            self._changed(workspace_id=self.workspace_id, changes=changes[start : start + _CHUNK])

    @event(Changed)
    def _changed(self, workspace_id: UUID, changes: list[dict[str, Any]]) -> None:
        """Nothing is decided by it here."""
