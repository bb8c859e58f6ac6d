"""What an entry's fields said before, looked up in the entries before it of the same thing.

Nothing of it is stored, so no hash knows of it: it follows from entries that are themselves hashed, and ``before_ids`` names the one
for each field. A thing is a subject, or what one account is to a subject: somebody's role in a workspace is another thing than its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.chassis.database import Database
from services.chassis.views import Row

# Entries of one thing that are looked through for what a field said.
_DEPTH = 50
# Clocks of a service's replicas may differ by so much; positions tell what came first.
_SKEW = timedelta(minutes=1)
# Fields that tell of the act itself: what they said another time is not what was so before.
_DELTAS = frozenset(("added", "removed", "nested", "unnested", "changes", "change", "former_address_id", "former_until", "restored"))
_ACTS = _DELTAS | {"field", "names", "reset", "kept_session_id", "credentials_revoked", "count", "since", "after", "use", "code"}
_ENDINGS = ("deleted", "removed", "left", "revoked", "ended", "withdrawn", "declined", "erased")
# It is the account that goes on without the address.
_NO_ENDING = "identity.email.removed"
# What was set and is told nobody, because it is secret or personal.
_WITHHELD = {
    "identity.email.added": ("address",),
    "identity.email.removed": ("address",),
    "identity.password.changed": ("password",),
    "identity.account.picture_changed": ("picture",),
    "identity.token.created": ("name", "token"),
    "identity.token.regenerated": ("token",),
    "identity.key_pair.created": ("label", "secret_key"),
    "identity.key_pair.labelled": ("label",),
    "workspaces.member.invited": ("email",),
    "authz.group.changed": ("description",),
    "vault.configuration.saved": ("content",),
    "vault.configuration.renamed": ("name",),
    "vault.cloud_credential.added": ("name", "secrets"),
    "vault.cloud_credential.changed": ("name", "secrets"),
    "vault.storage_access.added": ("secrets",),
    "vault.storage_access.changed": ("secrets",),
}

# As an index has it: one look finds the history of a thing, however much else there is of the subject or of the account.
THING = "subject || ' ' || coalesce(account_id, '')"
_FORMER = f"""SELECT wanted.number, former.position, former.id, former.type, former.changes
    FROM unnest(%s::int[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[])
        AS wanted (number, source, thing, position, until)
    CROSS JOIN LATERAL (
        SELECT position, id, type, changes - %s::text[] AS changes FROM journal
        WHERE {THING} = wanted.thing AND source = wanted.source AND position < wanted.position AND time < wanted.until
        ORDER BY time DESC LIMIT %s) AS former
    ORDER BY wanted.number, former.position DESC"""


def with_before(db: Database, rows: Sequence[Row]) -> list[Row]:
    former = _former(db, [row for row in rows if _may_have_one(row)])
    return [row | _before(row, former.get(row["id"], ())) | {"masked": _masked(row)} for row in rows]


def _former(db: Database, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Of each entry, those before it of the same thing, the latest first."""
    if not rows:
        return {}
    things = [f"{row['subject']} {row['account_id'] or ''}" for row in rows]
    sources, positions = ([row[name] for row in rows] for name in ("source", "position"))
    until = [row["time"] + _SKEW for row in rows]
    found: dict[str, list[Row]] = {}
    for each in db.all(_FORMER, list(range(len(rows))), sources, things, positions, until, list(_ACTS), _DEPTH):
        found.setdefault(rows[each["number"]]["id"], []).append(each)
    return found


def _may_have_one(row: Row) -> bool:
    return _ends(row["type"]) or any(name not in _ACTS and name != "account_id" for name in row["changes"])


def _before(row: Row, former: Iterable[Mapping[str, Any]]) -> Row:
    said: dict[str, Any] = {}
    told_by: dict[str, str] = {}
    for each in former:
        if _ends(each["type"]):
            break
        for name, value in each["changes"].items():
            if name not in said:
                said[name], told_by[name] = value, each["id"]
    now = row["changes"]
    names = [name for name in said if (name not in now if _ends(row["type"]) else name in now and now[name] != said[name])]
    return {"before": {name: said[name] for name in names}, "before_ids": {name: told_by[name] for name in names}}


def _ends(type_: str) -> bool:
    return type_.rpartition(".")[2] in _ENDINGS and type_ != _NO_ENDING


def _masked(row: Row) -> list[str]:
    if row["type"] == "identity.account.profile_changed":
        return [row["changes"]["field"]]
    if row["type"] == "identity.account.preferences_changed":
        return list(row["changes"]["names"])
    return list(_WITHHELD.get(row["type"], ()))
