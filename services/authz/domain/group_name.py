from typing import Self
from uuid import UUID, uuid5

from services.authz import names
from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict, Unprocessable


class GroupName(Aggregate):
    """A name within a workspace, whichever group bears it. One stream a name, so that no two groups can."""

    TOPIC = "authz.group_name"

    class Created(Aggregate.Created):
        TOPIC = "authz.group_name.claimed"
        workspace_id: UUID
        key: str
        group_id: UUID

    class Reclaimed(Aggregate.Event):
        TOPIC = "authz.group_name.reclaimed"
        group_id: UUID

    class Released(Aggregate.Event):
        TOPIC = "authz.group_name.released"

    @event(Created)
    def __init__(self, workspace_id: UUID, key: str, group_id: UUID) -> None:
        self.group_id: UUID | None = group_id

    @staticmethod
    def create_id(workspace_id: UUID, key: str) -> UUID:
        return uuid5(workspace_id, f"group name {key}")

    @classmethod
    def claimed(cls, workspace_id: UUID, name: str, group_id: UUID) -> Self:
        """The first claim ever on this name."""
        return cls(workspace_id=workspace_id, key=names.key(name), group_id=group_id)

    def claim(self, group_id: UUID) -> None:
        if self.group_id is not None and self.group_id != group_id:
            raise Conflict("group_name_taken", "another group has this name, or one that looks like it")
        if self.group_id is None:
            self._reclaimed(group_id=group_id)

    def release(self, group_id: UUID) -> None:
        if self.group_id == group_id:
            self._released()

    @event(Reclaimed)
    def _reclaimed(self, group_id: UUID) -> None:
        self.group_id = group_id

    @event(Released)
    def _released(self) -> None:
        self.group_id = None


def check_name(name: str) -> None:
    if not names.key(name):
        raise Unprocessable("group_name_invalid", "choose a name that can be seen", {"name": ["Cannot be seen."]})
    if names.looks_built_in(name):
        raise Unprocessable(
            "group_name_reserved", "choose a name that looks like no built-in group's", {"name": ["Looks like a built-in group."]}
        )
