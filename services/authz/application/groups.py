from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.authz import names
from services.authz.application.shared import Shared
from services.authz.domain import Group, GroupName, Nesting
from services.authz.domain.group import built_in, check_size
from services.authz.domain.group_name import check_name
from services.chassis.errors import NotFound
from services.chassis.views import Row

# So many members are told with each group of a list; ask for the group to see all.
_GLIMPSE = 100


class Groups(Shared):
    def create_group(
        self,
        workspace_id: UUID,
        name: str,
        now: datetime,
        description: str = "",
        members: Sequence[UUID] = (),
        groups: Sequence[UUID] = (),
        dry_run: bool = False,
    ) -> Row:
        check_name(name)
        group = Group(workspace_id=workspace_id, name=name, description=description, built_in=False)
        claim = self._claim(workspace_id, name, group.id)
        group.set_members(self._members(workspace_id, members, now), self.settings.group_members)
        nesting = self._nested(workspace_id, group.id, groups)
        return self._settle(workspace_id, now, dry_run, group, claim, nesting) or self.get_group(workspace_id, group.id, now)

    def change_group(
        self,
        workspace_id: UUID,
        group_id: UUID,
        now: datetime,
        name: str | None = None,
        description: str | None = None,
        members: Sequence[UUID] | None = None,
        groups: Sequence[UUID] | None = None,
        version: int | None = None,
        dry_run: bool = False,
    ) -> Row:
        """What is None stays as it is; the rest happens together."""
        group = self._group(workspace_id, group_id)
        group.expect(version)
        claims = self._renamed(group, name)
        group.describe(name, description)
        if members is not None:
            group.set_members(self._members(workspace_id, members, now), self.settings.group_members)
        nesting = None if groups is None else self._nested(workspace_id, group_id, groups)
        return self._settle(workspace_id, now, dry_run, group, *claims, nesting) or self.get_group(workspace_id, group_id, now)

    def add_group_member(self, workspace_id: UUID, group_id: UUID, account_id: UUID, now: datetime, dry_run: bool = False) -> Row:
        group = self._group(workspace_id, group_id)
        joining = self._tenures(workspace_id, [account_id], "account_id", now)
        group.set_members(self._present(group, now) | joining, self.settings.group_members)
        return self._settle(workspace_id, now, dry_run, group) or self.get_group(workspace_id, group_id, now)

    def remove_group_member(self, workspace_id: UUID, group_id: UUID, account_id: UUID, now: datetime, dry_run: bool = False) -> Row:
        """A repeat changes nothing."""
        group = self._group(workspace_id, group_id)
        present = self._present(group, now)
        if present.pop(str(account_id), None) is None:
            self._tenures(workspace_id, [account_id], "account_id", now)
        group.set_members(present, self.settings.group_members)
        return self._settle(workspace_id, now, dry_run, group) or self.get_group(workspace_id, group_id, now)

    def delete_group(self, workspace_id: UUID, group_id: UUID, now: datetime, dry_run: bool = False) -> Row:
        """Rules that name it stay, and keep closing what they are on. Answers who loses what by it."""
        group, nesting = self._group(workspace_id, group_id), self._nesting(workspace_id)
        group.delete()
        nesting.forget(group_id)
        impact = self._impact(workspace_id, now, group, nesting)
        if not dry_run:
            self.save(group, nesting, self._released(group))
        return impact

    def get_group(self, workspace_id: UUID, group_id: UUID, now: datetime) -> Row:
        if (row := self.views.group(workspace_id, group_id, now, self.settings.group_members)) is None:
            raise _no_group()
        return row

    def list_groups(self, workspace_id: UUID, now: datetime, limit: int, cursor: str | None, q: str | None = None) -> Row:
        return self.views.groups(workspace_id, q, now, limit, cursor, _GLIMPSE)

    def groups_of_members(self, workspace_id: UUID, account_ids: Sequence[UUID], now: datetime) -> dict[str, list[Row]]:
        return self.views.groups_of(workspace_id, account_ids, now)

    def groups_of_member(self, workspace_id: UUID, account_id: UUID, now: datetime) -> list[Row]:
        """Every group that has this member, be it built-in or only by another group in it; as of the moment it is asked."""
        with self.indexes.reading(workspace_id) as reading:
            ids = reading.index.groups_of(str(account_id), now.timestamp())
        return self.views.named_groups(workspace_id, ids)

    def _group(self, workspace_id: UUID, group_id: UUID) -> Group:
        if group_id in (names.users_id(workspace_id), names.admins_id(workspace_id)):
            raise built_in()
        group = self.find(Group, group_id)
        if group is None and group_id == names.queue_admins_id(workspace_id):
            return Group.of_queue_admins(workspace_id)
        if group is None or group.deleted or group.workspace_id != workspace_id:
            raise _no_group()
        return group

    def _members(self, workspace_id: UUID, account_ids: Sequence[UUID], now: datetime) -> dict[str, int]:
        check_size("members", len(account_ids), self.settings.group_members)
        return self._tenures(workspace_id, account_ids, "members", now)

    def _present(self, group: Group, now: datetime) -> dict[str, int]:
        """Its members without those who have left the workspace since."""
        tenures = self.views.tenures(group.workspace_id, group.members, now)
        return {account: tenure for account, tenure in group.members.items() if tenures.get(account) == tenure}

    def _nesting(self, workspace_id: UUID) -> Nesting:
        return self.find(Nesting, Nesting.create_id(workspace_id)) or Nesting(workspace_id=workspace_id)

    def _nested(self, workspace_id: UUID, group_id: UUID, child_ids: Sequence[UUID]) -> Nesting | None:
        check_size("groups", len(child_ids), self.settings.group_members)
        if not names.built_in(workspace_id).keys().isdisjoint(child_ids):
            raise built_in()
        self._check_groups(workspace_id, [child_id for child_id in child_ids if child_id != group_id])
        nesting = self._nesting(workspace_id)
        nesting.set_children(group_id, child_ids)
        # One that holds nothing need not be begun.
        return nesting if nesting.version > 1 else None

    def _check_groups(self, workspace_id: UUID, group_ids: Sequence[UUID]) -> None:
        known = self.views.group_ids(workspace_id, group_ids) | names.built_in(workspace_id).keys()
        if missing := sorted(str(id) for id in set(group_ids) - known):
            raise NotFound("group_not_found", "name groups of this workspace only", {"groups": [f"No group: {id}" for id in missing[:10]]})

    def _renamed(self, group: Group, name: str | None) -> list[GroupName | None]:
        if name is None or group.built_in or name == group.name:
            return []
        check_name(name)
        claim = self._claim(group.workspace_id, name, group.id)
        return [claim] if names.key(name) == names.key(group.name) else [claim, self._released(group)]

    def _claim(self, workspace_id: UUID, name: str, group_id: UUID) -> GroupName:
        known = self.find(GroupName, GroupName.create_id(workspace_id, names.key(name)))
        if known is None:
            return GroupName.claimed(workspace_id, name, group_id)
        known.claim(group_id)
        return known

    def _released(self, group: Group) -> GroupName | None:
        if name := self.find(GroupName, GroupName.create_id(group.workspace_id, names.key(group.name))):
            name.release(group.id)
        return name


def _no_group() -> NotFound:
    return NotFound("group_not_found", "there is no group with this id in this workspace")
