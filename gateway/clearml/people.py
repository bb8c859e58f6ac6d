"""Accounts and workspaces as this protocol tells of them: users and companies."""

from gateway.calls import ask
from gateway.clearml.call import Call, Data
from gateway.clearml.callers import ROLES, membership


def own(call: Call) -> Data:
    account = ask("identity", "get_account", account_id=call.who.account_id)
    first, last = account["first_name"] or "", account["last_name"] or ""
    return {
        "id": account["id"],
        "name": f"{first} {last}".strip() or account["username"],
        "given_name": first,
        "family_name": last,
        "avatar": account["picture_url"],
        "role": ROLES[membership(call) or "viewer"],
        "created": account["created_at"],
        "company": workspace(call),
    }


def workspace(call: Call) -> Data:
    found = ask("workspaces", "get_workspace", workspace_id=call.workspace_id, account_id=call.who.account_id)
    return {"id": found["id"], "name": found["name"]}


def members(call: Call) -> list[Data]:
    """Those who are in the caller's workspace, by what everybody may see of them."""
    found: list[Data] = []
    cursor = None
    while True:
        page = ask("workspaces", "list_members", workspace_id=call.workspace_id, limit=200, cursor=cursor)
        found += [item for item in page["items"] if item["status"] == "active"]
        if (cursor := page["next_cursor"]) is None:
            return _named(found)


def _named(found: list[Data]) -> list[Data]:
    names: Data = {}
    ids = [item["account_id"] for item in found]
    for start in range(0, len(ids), 200):
        profiles = ask("identity", "profiles", account_ids=ids[start : start + 200])["items"]
        names |= {item["account_id"]: item for item in profiles}
    return [
        {"id": id, "name": names[id]["name"] or names[id]["username"], "avatar": names[id]["picture_url"], "role": ROLES[item["role"]]}
        for item in found
        if (id := item["account_id"]) in names
    ]
