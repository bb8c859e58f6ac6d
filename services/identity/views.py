"""Identity's tables and queries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.chassis.errors import NotFound, Unauthenticated
from services.chassis.views import Table, Views

Answer = dict[str, Any]

accounts = Table(
    "accounts",
    key=("account_id",),
    columns={
        "account_id": "uuid NOT NULL",
        # Personal: empty once the account is erased.
        "username": "text",
        "first_name": "text",
        "last_name": "text",
        "primary_id": "uuid NOT NULL",
        "operator": "boolean NOT NULL",
        "erased": "boolean NOT NULL",
        "created_at": "timestamptz NOT NULL",
    },
)

emails = Table(
    "emails",
    key=("address_id",),
    columns={
        "address_id": "uuid NOT NULL",
        "account_id": "uuid NOT NULL",
        "address": "text",
        "verified": "boolean NOT NULL",
        "created_at": "timestamptz NOT NULL",
    },
    indexes=("account_id",),
)

sessions = Table(
    "sessions",
    key=("session_id",),
    columns={
        "session_id": "uuid NOT NULL",
        "account_id": "uuid NOT NULL",
        "digest": "text NOT NULL",
        "created_at": "timestamptz NOT NULL",
        "expires_at": "timestamptz NOT NULL",
        "ip": "text NOT NULL",
        "user_agent": "text NOT NULL",
        "workspace_id": "uuid",
    },
    indexes=("digest", "account_id"),
)

_ACCOUNT = """SELECT account_id AS id, username, first_name, last_name, primary_id, operator, created_at
    FROM accounts WHERE account_id = %s AND NOT erased"""

_EMAILS = """SELECT address_id AS id, address, verified, address_id = %s AS "primary"
    FROM emails WHERE account_id = %s ORDER BY created_at, address_id"""

_PROFILES = """SELECT account_id, username, coalesce(nullif(trim(first_name || ' ' || last_name), ''), username) AS name
    FROM accounts WHERE account_id = ANY(%s) ORDER BY account_id"""

_SESSIONS = "SELECT session_id AS id, created_at, expires_at, ip, user_agent FROM sessions WHERE account_id = %s AND expires_at > %s"

_OWN_SESSION = """SELECT session_id AS id, created_at, expires_at, ip, user_agent, workspace_id
    FROM sessions WHERE session_id = %s AND account_id = %s"""

_AUTHENTICATE = """SELECT account_id, session_id, operator, expires_at,
        ARRAY(SELECT address_id FROM emails WHERE emails.account_id = sessions.account_id AND verified ORDER BY address_id) AS address_ids
    FROM sessions JOIN accounts USING (account_id) WHERE digest = %s AND expires_at > %s AND NOT erased"""


class IdentityViews(Views):
    def account(self, account_id: UUID) -> Answer:
        if (row := self.one(_ACCOUNT, account_id)) is None:
            raise NotFound("account_not_found", "there is no account with this id")
        return {**row, "emails": self.all(_EMAILS, row["primary_id"], account_id)}

    def profiles(self, account_ids: Sequence[UUID]) -> list[Answer]:
        """Those that exist; of an erased account only the id is left."""
        return self.all(_PROFILES, list(account_ids))

    def sessions(self, account_id: UUID, now: datetime, limit: int, cursor: str | None) -> Answer:
        return self.page(_SESSIONS, account_id, now, limit=limit, cursor=cursor, descending=True)

    def own_session(self, account_id: UUID, session_id: UUID) -> Answer | None:
        return self.one(_OWN_SESSION, session_id, account_id)

    def session(self, digest: str, now: datetime) -> Answer:
        if (row := self.one(_AUTHENTICATE, digest, now)) is None:
            raise Unauthenticated("session_invalid", "sign in again")
        return row
