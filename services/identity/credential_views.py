"""Tables and queries of what programs show instead of a session."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.chassis.errors import Unauthenticated
from services.chassis.views import Table, Views

Answer = dict[str, Any]

tokens = Table(
    "tokens",
    key=("token_id",),
    columns={
        "token_id": "uuid NOT NULL",
        "account_id": "uuid NOT NULL",
        "kind": "text NOT NULL",
        "name": "text",
        "scopes": "jsonb NOT NULL",
        "workspace_ids": "jsonb",
        "prefix": "text NOT NULL",
        "digest": "text NOT NULL",
        "created_at": "timestamptz NOT NULL",
        "expires_at": "timestamptz",
        # The epoch of its account.
        "made_in": "bigint",
        # The end that its owner was told of.
        "announced": "timestamptz",
    },
    indexes=("digest", "account_id", "expires_at"),
)

key_pairs = Table(
    "key_pairs",
    key=("key_pair_id",),
    columns={
        "key_pair_id": "uuid NOT NULL",
        "account_id": "uuid NOT NULL",
        "workspace_id": "uuid NOT NULL",
        "access_key": "text NOT NULL",
        "digest": "text NOT NULL",
        "label": "text",
        "created_at": "timestamptz NOT NULL",
        "expires_at": "timestamptz",
        # The epoch of its account.
        "made_in": "bigint",
        "announced": "timestamptz",
    },
    indexes=("access_key", "account_id", "workspace_id", "expires_at"),
)

approvals = Table(
    "device_approvals",
    key=("device_id",),
    columns={"device_id": "uuid NOT NULL", "account_id": "uuid NOT NULL"},
    indexes=("account_id",),
)

# No view: it is written beside the log, because use is no decision of anybody's and would flood it.
uses = Table(
    "credential_uses",
    key=("credential_id",),
    columns={
        "credential_id": "uuid NOT NULL",
        "account_id": "uuid NOT NULL",
        "used_at": "timestamptz NOT NULL",
        "ip": "text NOT NULL",
        "user_agent": "text NOT NULL",
    },
    indexes=("account_id",),
)

# Of an account that is still there, and not of an epoch that is over. Those made before there were epochs have none.
_HELD = "NOT erased AND coalesce(made_in, credential_epoch) = credential_epoch"

_OF_TOKENS = f"""SELECT account_id, token_id AS credential_id, kind, scopes, workspace_ids, operator, expires_at,
        ARRAY(SELECT address_id FROM emails WHERE emails.account_id = accounts.account_id AND verified ORDER BY address_id) AS address_ids
    FROM tokens JOIN accounts USING (account_id) WHERE {_HELD} AND (expires_at IS NULL OR expires_at > %s)"""

_OF_PAIRS = f"""SELECT account_id, key_pair_id AS credential_id, workspace_id, expires_at,
        ARRAY(SELECT address_id FROM emails WHERE emails.account_id = accounts.account_id AND verified ORDER BY address_id) AS address_ids
    FROM key_pairs JOIN accounts USING (account_id) WHERE {_HELD} AND (expires_at IS NULL OR expires_at > %s)"""

_TOKENS = f"""SELECT token_id AS id, kind, name, scopes, workspace_ids, prefix, tokens.created_at, expires_at,
        used_at AS last_used_at, ip AS last_used_ip
    FROM tokens JOIN accounts USING (account_id) LEFT JOIN credential_uses ON credential_id = token_id
    WHERE {_HELD} AND tokens.account_id = %s"""

_KEY_PAIRS = f"""SELECT key_pair_id AS id, access_key, label, key_pairs.account_id AS created_by, key_pairs.created_at, expires_at,
        used_at AS last_used_at, ip AS last_used_ip, user_agent AS last_used_from
    FROM key_pairs JOIN accounts USING (account_id) LEFT JOIN credential_uses ON credential_id = key_pair_id
    WHERE {_HELD} AND workspace_id = %s AND (key_pairs.account_id = %s OR %s)"""

_KEY_PAIR_IDS = """SELECT key_pair_id FROM key_pairs
    WHERE (%s::uuid IS NULL OR workspace_id = %s) AND (%s::uuid IS NULL OR account_id = %s)"""

_EXPIRING = " UNION ALL ".join(
    f"SELECT {id} AS id, expires_at FROM {table} JOIN accounts USING (account_id)"
    f" WHERE expires_at > %s AND expires_at <= %s AND announced IS DISTINCT FROM expires_at AND {_HELD}"
    for table, id in (("tokens", "token_id"), ("key_pairs", "key_pair_id"))
)

_NOTE = """INSERT INTO credential_uses AS known
    SELECT id, account_id, %s, %s, %s
    FROM (SELECT token_id AS id, account_id FROM tokens UNION ALL SELECT key_pair_id, account_id FROM key_pairs) AS held WHERE id = %s
    ON CONFLICT (credential_id) DO UPDATE SET used_at = excluded.used_at, ip = excluded.ip, user_agent = excluded.user_agent
    WHERE known.used_at <= excluded.used_at - %s"""


class CredentialViews(Views):
    def token(self, digest: str, now: datetime) -> Answer:
        return self._live(self.one(f"{_OF_TOKENS} AND digest = %s", now, digest))

    def key_pair(self, access_key: str, secret_digest: str, now: datetime) -> Answer:
        # The digest is keyed, so that comparing it letter by letter gives nothing away.
        return self._live(self.one(f"{_OF_PAIRS} AND access_key = %s AND digest = %s", now, access_key, secret_digest))

    def credential(self, id: UUID, now: datetime) -> Answer:
        """A token or a key pair that still works, by its id."""
        if row := self.one(f"{_OF_TOKENS} AND token_id = %s", now, id):
            return row
        row = self._live(self.one(f"{_OF_PAIRS} AND key_pair_id = %s", now, id))
        return {**row, "kind": "key_pair", "scopes": None, "workspace_ids": [row["workspace_id"]], "operator": False}

    def tokens(self, account_id: UUID, limit: int, cursor: str | None) -> Answer:
        return self.page(_TOKENS, account_id, limit=limit, cursor=cursor)

    def key_pairs(self, workspace_id: UUID, account_id: UUID, everybody: bool, limit: int, cursor: str | None) -> Answer:
        return self.page(_KEY_PAIRS, workspace_id, account_id, everybody, limit=limit, cursor=cursor)

    def token_ids(self, account_id: UUID) -> list[UUID]:
        return [row["token_id"] for row in self.all("SELECT token_id FROM tokens WHERE account_id = %s", account_id)]

    def approved_device_ids(self, account_id: UUID) -> list[UUID]:
        """Approved, and the token not fetched yet."""
        return [row["device_id"] for row in self.all("SELECT device_id FROM device_approvals WHERE account_id = %s", account_id)]

    def key_pair_ids(self, workspace_id: UUID | None = None, account_id: UUID | None = None) -> list[UUID]:
        """Those of an account, of a workspace, or of one in the other."""
        return [row["key_pair_id"] for row in self.all(_KEY_PAIR_IDS, workspace_id, workspace_id, account_id, account_id)]

    def expiring(self, now: datetime, until: datetime, limit: int) -> list[UUID]:
        """Those that end between the two and whose owners have not been told; the most urgent first."""
        rows = self.all(f"{_EXPIRING} ORDER BY expires_at LIMIT %s", now, until, now, until, limit)
        return [row["id"] for row in rows]

    def note_uses(self, found: Sequence[Mapping[str, Any]], interval: timedelta) -> None:
        """At most one write for each credential and interval, however many gateways tell of it."""
        for use in found:
            self.db.run(_NOTE, use["at"], use["ip"], use["user_agent"], use["credential_id"], interval)

    def forget_uses(self, account_ids: Sequence[UUID]) -> None:
        self.db.run("DELETE FROM credential_uses WHERE account_id = ANY(%s)", list(account_ids))

    def _live(self, row: Answer | None) -> Answer:
        if row is None:
            # One answer for every reason: unknown, revoked, expired, or of an account that is gone.
            raise Unauthenticated("credential_invalid", "this token or key is not valid, or no longer")
        return row
