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
        "picture": "text",
        "preferences": "jsonb",
        "primary_id": "uuid NOT NULL",
        "operator": "boolean NOT NULL",
        # Which sessions are good: those that began in this epoch, and the one kept from before.
        "epoch": "bigint NOT NULL",
        "kept_session_id": "uuid",
        # Which tokens and key pairs are.
        "credential_epoch": "bigint NOT NULL",
        "erased": "boolean NOT NULL",
        "created_at": "timestamptz NOT NULL",
    },
)

pictures = Table("pictures", key=("account_id",), columns={"account_id": "uuid NOT NULL", "image": "text"})

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
        "epoch": "bigint NOT NULL",
        "workspace_id": "uuid",
    },
    indexes=("digest", "account_id"),
)

# Beside the log: when a session was last used is of use for a while and no part of history.
session_uses = Table(
    "session_uses",
    key=("session_id",),
    columns={"session_id": "uuid NOT NULL", "account_id": "uuid NOT NULL", "seen_at": "timestamptz NOT NULL"},
)

_PICTURE_URL = "'/v1/accounts/' || account_id || '/picture?v=' || picture AS picture_url"

_ACCOUNT = f"""SELECT account_id AS id, username, first_name, last_name, {_PICTURE_URL}, primary_id, operator, created_at
    FROM accounts WHERE account_id = %s AND NOT erased"""

_EMAILS = """SELECT address_id AS id, address, verified, address_id = %s AS "primary"
    FROM emails WHERE account_id = %s ORDER BY created_at, address_id"""

_PROFILES = f"""SELECT account_id, username, coalesce(nullif(trim(first_name || ' ' || last_name), ''), username) AS name, {_PICTURE_URL}
    FROM accounts WHERE account_id = ANY(%s) ORDER BY account_id"""

_OPERATORS = """SELECT username, address, accounts.created_at FROM accounts JOIN emails ON address_id = primary_id
    WHERE operator AND NOT erased ORDER BY accounts.created_at, accounts.account_id"""

_GOOD = "(sessions.epoch = accounts.epoch OR session_id = kept_session_id) AND expires_at > %s AND NOT erased"

_SESSIONS = f"""SELECT session_id AS id, sessions.created_at, expires_at, ip, user_agent,
        coalesce(seen_at, sessions.created_at) AS last_seen_at
    FROM sessions JOIN accounts USING (account_id) LEFT JOIN session_uses USING (session_id) WHERE sessions.account_id = %s AND {_GOOD}"""

_OWN_SESSION = """SELECT session_id AS id, sessions.created_at, expires_at, ip, user_agent, workspace_id,
        coalesce(seen_at, sessions.created_at) AS last_seen_at
    FROM sessions LEFT JOIN session_uses USING (session_id) WHERE session_id = %s AND sessions.account_id = %s"""

_AUTHENTICATE = f"""SELECT account_id, session_id, operator, expires_at,
        ARRAY(SELECT address_id FROM emails WHERE emails.account_id = sessions.account_id AND verified ORDER BY address_id) AS address_ids
    FROM sessions JOIN accounts USING (account_id) WHERE digest = %s AND {_GOOD}"""

_SEEN = """INSERT INTO session_uses AS known SELECT session_id, account_id, %s FROM sessions WHERE session_id = %s
    ON CONFLICT (session_id) DO UPDATE SET seen_at = excluded.seen_at WHERE known.seen_at < %s"""


class IdentityViews(Views):
    def account(self, account_id: UUID) -> Answer:
        if (row := self.one(_ACCOUNT, account_id)) is None:
            raise NotFound("account_not_found", "there is no account with this id")
        return {**row, "emails": self.all(_EMAILS, row["primary_id"], account_id)}

    def profiles(self, account_ids: Sequence[UUID]) -> list[Answer]:
        """Those that exist; of an erased account only the id is left."""
        return self.all(_PROFILES, list(account_ids))

    def operators(self) -> list[Answer]:
        return self.all(_OPERATORS)

    def sessions(self, account_id: UUID, now: datetime, limit: int, cursor: str | None) -> Answer:
        return self.page(_SESSIONS, account_id, now, limit=limit, cursor=cursor, descending=True)

    def own_session(self, account_id: UUID, session_id: UUID) -> Answer | None:
        return self.one(_OWN_SESSION, session_id, account_id)

    def session(self, digest: str, now: datetime) -> Answer:
        if (row := self.one(_AUTHENTICATE, digest, now)) is None:
            raise Unauthenticated("session_invalid", "sign in again")
        return row

    def seen(self, session_id: UUID, now: datetime, since: datetime) -> None:
        """Writes it down unless that was done after ``since``: any number of gateways may tell."""
        self.db.run(_SEEN, now, session_id, since)

    def preferences(self, account_id: UUID) -> Answer | None:
        """Those chosen; None if there never was a choice."""
        if (row := self.one("SELECT preferences FROM accounts WHERE account_id = %s AND NOT erased", account_id)) is None:
            raise NotFound("account_not_found", "there is no account with this id")
        chosen: Answer | None = row["preferences"]
        return chosen

    def picture(self, account_id: UUID) -> str:
        row = self.one("SELECT image FROM pictures JOIN accounts USING (account_id) WHERE account_id = %s AND NOT erased", account_id)
        if row is None or row["image"] is None:
            raise NotFound("picture_not_found", "there is no picture of this account")
        return str(row["image"])
