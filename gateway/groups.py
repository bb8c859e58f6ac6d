"""The groups that somebody belongs to, as authz tells them."""

from gateway.calls import ask


def groups_of(workspace_id: str, account_id: str) -> dict[str, str]:
    """Names by id, the built-in groups among them."""
    found = ask("authz", "groups_of_members", workspace_id=workspace_id, account_ids=[account_id])
    return {group["id"]: group["name"] for group in found.get(account_id, [])}


def check_groups(workspace_id: str, group_ids: list[str]) -> None:
    """Raises NotFound for one that this workspace does not have, be it another's."""
    for group_id in group_ids:
        ask("authz", "get_group", workspace_id=workspace_id, group_id=group_id)
