"""The groups that somebody belongs to, as authz tells them."""

from typing import Any

from gateway.calls import ask, this_request


def groups_of(workspace_id: str, account_id: str, **when: Any) -> dict[str, str]:
    """Names by id: all that have this member, be it built-in or only by another group that lies in it."""
    # Who has just joined must not miss what is for everybody: authz is to know as much of memberships as is known here.
    heard = this_request().gateway.access.seen.of(workspace_id)
    found = ask("authz", "groups_of_member", workspace_id=workspace_id, account_id=account_id, heard=heard or None, **when)
    return {group["id"]: group["name"] for group in found["items"]}


def check_groups(workspace_id: str, group_ids: list[str]) -> None:
    """Raises NotFound for one that this workspace does not have, be it another's."""
    for group_id in group_ids:
        ask("authz", "get_group", workspace_id=workspace_id, group_id=group_id)
