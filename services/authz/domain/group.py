from collections.abc import Mapping
from typing import Self
from uuid import UUID, uuid4

from services.authz import names
from services.chassis.domain import Aggregate, event
from services.chassis.errors import Conflict, Unprocessable


class Group(Aggregate):
    """Members, each with the tenure in which he was put here. Which groups lie in it is in ``Nesting``."""

    TOPIC = "authz.group"

    class Created(Aggregate.Created):
        TOPIC = "authz.group.created"
        workspace_id: UUID
        name: str
        description: str
        built_in: bool

    class Changed(Aggregate.Event):
        TOPIC = "authz.group.changed"
        workspace_id: UUID
        name: str
        description: str

    class MembersChanged(Aggregate.Event):
        TOPIC = "authz.group.members_changed"
        workspace_id: UUID
        added: dict[str, int]
        removed: list[str]

    class Deleted(Aggregate.Event):
        TOPIC = "authz.group.deleted"
        workspace_id: UUID

    @event(Created)
    def __init__(self, workspace_id: UUID, name: str, description: str, built_in: bool) -> None:
        self.workspace_id, self.name, self.description, self.built_in = workspace_id, name, description, built_in
        # Keyed by text: a snapshot is JSON, whose keys are nothing else.
        self.members: dict[str, int] = {}
        self.deleted = False

    @staticmethod
    def create_id(workspace_id: UUID, built_in: bool) -> UUID:
        return names.queue_admins_id(workspace_id) if built_in else uuid4()

    @classmethod
    def of_queue_admins(cls, workspace_id: UUID) -> Self:
        return cls(workspace_id=workspace_id, name=names.QUEUE_ADMINS, description="", built_in=True)

    def describe(self, name: str | None, description: str | None) -> None:
        """None leaves it as it is."""
        wanted = (self.name if name is None else name, self.description if description is None else description)
        if wanted == (self.name, self.description):
            return
        if self.built_in:
            raise built_in()
        self._changed(workspace_id=self.workspace_id, name=wanted[0], description=wanted[1])

    def set_members(self, wanted: Mapping[str, int], limit: int) -> None:
        """These, in these tenures, and nobody else."""
        check_size("members", len(wanted), limit)
        added = {account: tenure for account, tenure in wanted.items() if self.members.get(account) != tenure}
        removed = [account for account in self.members if account not in wanted]
        if added or removed:
            self._members_changed(workspace_id=self.workspace_id, added=added, removed=removed)

    def welcome(self, account_id: UUID, tenure: int, limit: int) -> None:
        """One more; a full group stays as it is."""
        if len(self.members) < limit:
            self._members_changed(workspace_id=self.workspace_id, added={str(account_id): tenure}, removed=[])

    def delete(self) -> None:
        if self.built_in:
            raise built_in()
        self._deleted(workspace_id=self.workspace_id)

    @event(Changed)
    def _changed(self, workspace_id: UUID, name: str, description: str) -> None:
        self.name, self.description = name, description

    @event(MembersChanged)
    def _members_changed(self, workspace_id: UUID, added: dict[str, int], removed: list[str]) -> None:
        for account in removed:
            self.members.pop(account, None)
        self.members.update(added)

    @event(Deleted)
    def _deleted(self, workspace_id: UUID) -> None:
        self.deleted = True
        self.members = {}


def check_size(what: str, number: int, limit: int) -> None:
    if number > limit:
        raise Unprocessable("group_too_large", f"a group has room for {limit} {what}", {what: [f"At most {limit}."]})


def built_in() -> Conflict:
    return Conflict("group_built_in", "a built-in group keeps its name and is there always; only Queue admins have members of their own")
