"""What happened in a workspace, in plain sentences: one for each type of event that has something to say of its own."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.audit.formats.text import shown

Row = Mapping[str, Any]
# The name of a person or group by its id.
Named = Callable[[str], str]

# In braces: who acted, whom it is about, and what else the event says, by the name of its field.
SENTENCES = {
    "workspaces.workspace.created": "{who} made the workspace “{name}”",
    "workspaces.workspace.renamed": "{who} renamed the workspace to “{name}”",
    "workspaces.workspace.slug_changed": "{who} gave the workspace the address name {slug}",
    "workspaces.workspace.limit_set": "{who} set the room for members to {limit} (0: no limit)",
    "workspaces.workspace.deleted": "{who} deleted the workspace",
    "workspaces.member.invited": "{who} invited somebody as {role}, until {expires_at}",
    "workspaces.member.joined": "{whom} joined as {role}",
    "workspaces.member.left": "{whom} left",
    "workspaces.member.removed": "{who} removed {whom}",
    "workspaces.member.role_changed": "{who} made {whom} {role}",
    "workspaces.member.term_set": "{who} let the membership of {whom} end at {expires_at}",
    "workspaces.invitation.declined": "{who} declined an invitation",
    "workspaces.invitation.withdrawn": "{who} took an invitation back",
    "workspaces.open_link.created": "{who} made a link that lets in {max_uses} people as {role}, until {expires_at}",
    "workspaces.open_link.withdrawn": "{who} took an open link back",
    "authz.group.created": "{who} made the group “{name}”",
    "authz.group.changed": "{who} changed the group “{name}”",
    "authz.group.deleted": "{who} deleted the group {group}",
    "authz.group.members_changed": "{who} changed the group {group}: in came {added}, out went {removed}",
    "authz.group.nesting_changed": "{who} changed which groups lie in which",
    "authz.resources.changed": "{who} registered, moved or deleted {changes}",
    "authz.rule.changed": "{who} set a rule: {users} and the groups {groups} have {permission} on {resource_type} {resource_id}",
    "authz.rule.deleted": "{who} deleted a rule on {resource_type} {resource_id}",
    "vault.secret.used": "{who} was given a secret ({kind}) for {use}",
    "vault.secret_link.created": "{who} made a link that hands over a cloud credential once, until {expires_at}",
    "vault.secret_link.opened": "{who} opened a link that handed over a cloud credential",
    "vault.secret_link.reopened": "{who} tried a link that had handed over its credential before, and got nothing",
    "vault.configuration.saved": "{who} saved version {version} of a configuration",
    "audit.attempt.refused": "{who} was refused {count} times: {route} ({code})",
    "audit.journal.read": "{who} read in the audit trail {count} times",
    "audit.entries.exported": "{who} had this history written out as {format}",
}
_PEOPLE, _GROUPS = ("users", "added", "removed"), ("groups", "group_ids")


def sentence(row: Row, name: Named) -> str:
    """On one line, with nothing in it that commands a terminal."""
    said = _Said(row, name)
    template = SENTENCES.get(row["type"])
    if template is None:
        _, _, what = row["type"].partition(".")
        template = "{who}: " + what.replace(".", " ").replace("_", " ")
    behalf = f", on behalf of {name(row['on_behalf_of'])}" if row["on_behalf_of"] else ""
    return shown(template.format_map(said) + behalf)


class _Said(dict[str, str]):
    def __init__(self, row: Row, name: Named) -> None:
        self._row, self._name = row, name

    def __missing__(self, key: str) -> str:
        changes = self._row["changes"]
        if key == "who":
            return _actor(self._row["actor"], self._name)
        if key == "whom":
            return self._name(str(changes.get("account_id")))
        if key == "group":
            return self._name(str(changes.get("group_id")))
        value = changes.get(key)
        if key in (*_PEOPLE, *_GROUPS):
            return _listed(map(self._name, map(str, value or ())))
        if isinstance(value, list | dict):
            return f"{len(value)} of them"
        return "no end" if key == "expires_at" and value is None else "all" if value is None else str(value)


def _actor(actor: str | None, name: Named) -> str:
    if not actor:
        return "Somebody unknown"
    if actor.startswith("system:"):
        return f"The {actor.removeprefix('system:').replace('-', ' ')}"
    return name(actor)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nobody"


def people(rows: Iterable[Row]) -> set[str]:
    """Ids of all who may be named."""
    found: set[str] = set()
    for row in rows:
        changes = row["changes"]
        found |= {str(id) for id in (row["actor"], row["on_behalf_of"], changes.get("account_id")) if id}
        found |= {str(id) for key in _PEOPLE for id in changes.get(key) or ()}
    return found


def groups(rows: Iterable[Row]) -> set[str]:
    found: set[str] = set()
    for row in rows:
        if row["source"] in ("authz", "vault"):
            found |= {str(id) for id in (row["changes"].get("group_id"),) if id}
            found |= {str(id) for key in _GROUPS for id in row["changes"].get(key) or ()}
    return found
