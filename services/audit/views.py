"""The journal and what is asked of it."""

from collections.abc import Sequence
from uuid import UUID

from services.audit.before import THING, with_before
from services.audit.search import Search
from services.audit.sinks.states import SinkStates
from services.chassis.errors import NotFound
from services.chassis.views import Row, Table, Views, sealed

# Ordered by what the events themselves say, not by a number given on arrival: a rebuild must come out the same, row for row.
ORDER = ("time", "source", "position")

journal = Table(
    "journal",
    key=ORDER,
    monthly="time",
    columns={
        "source": "text NOT NULL",
        "position": "bigint NOT NULL",
        "id": "text NOT NULL",
        "time": "timestamptz NOT NULL",
        # Ordered by its bytes, so that all types of a prefix lie side by side in an index.
        "type": 'text COLLATE "C" NOT NULL',
        "version": "int NOT NULL",
        "subject": "text NOT NULL",
        "workspace_id": "uuid",
        "account_id": "text",
        "actor": "text",
        "on_behalf_of": "text",
        "credential_id": "text",
        "operator": "boolean NOT NULL",
        "ip": "text",
        "user_agent": "text",
        "correlation_id": "text",
        "causation_id": "text",
        "claimed_request_id": "text",
        "claimed_actor": "text",
        "changes": "jsonb NOT NULL",
        "words": "text NOT NULL",
        # Its place in the tree of its source, the entry of its workspace before it there, and what both are made of.
        "leaf": "bigint NOT NULL",
        "previous": "bytea NOT NULL",
        "hash": "bytea NOT NULL",
    },
    # With the time, so that a page is read in its order and no further; many entries of one moment are rare.
    indexes=(
        "source, position",
        "workspace_id, time",
        "type, time",
        "actor, time",
        "subject, time",
        f"USING btree (({THING}), time)",
        "USING btree (account_id, time) WHERE account_id IS NOT NULL",
        "USING btree (on_behalf_of, time) WHERE on_behalf_of IS NOT NULL",
        "USING btree (time) WHERE operator",
        "USING hash (correlation_id)",
        "USING gin (string_to_array(words, ' '))",
    ),
)

# Of entries that lie in an archive only what the proofs need.
leaves = Table(
    "journal_leaves",
    key=("source", "position"),
    columns={"source": "text NOT NULL", "position": "bigint NOT NULL", "hash": "bytea NOT NULL"},
)

# What was sealed: entries of the source up to this position, of a time before that. Beside the log: a rebuild leaves out what they cover.
seals = Table(
    "journal_seals",
    key=("source", "until", "position"),
    columns={"source": "text NOT NULL", "until": "timestamptz NOT NULL", "position": "bigint NOT NULL"},
)

_AFTER = "SELECT * FROM journal WHERE (source, position) > (%s, %s) ORDER BY source, position LIMIT %s"


class AuditViews(Views):
    def entries(self, filters: Row, limit: int, cursor: str | None, *, newest_first: bool = False) -> Row:
        """In the order in which things happened, each with what its fields said before. A page may hold fewer than asked for, and
        still have a next one."""
        page = Search(self.db, journal, filters, newest_first=newest_first).page(limit, cursor)
        return page | {"items": self.with_before(page["items"])}

    def plain(self, filters: Row, limit: int, cursor: str | None) -> Row:
        """As ``entries``, without what was before."""
        return Search(self.db, journal, filters).page(limit, cursor)

    def with_before(self, rows: Sequence[Row]) -> list[Row]:
        """The same rows, each with ``before``, ``masked`` beside it."""
        return with_before(self.db, rows)

    def after(self, source: str, position: int, limit: int) -> list[Row]:
        """In the order of the logs, one source after the other."""
        return self.all(_AFTER, source, position, limit)

    def acknowledged(self) -> dict[str, dict[str, int]]:
        """The position of the last entry of each source that each sink has for sure; of one that it has nothing of, there is none."""
        return SinkStates(self.db).acknowledged()

    def entry(self, id: str, workspace_id: UUID | None = None) -> Row:
        """Of this workspace, if one is named; elsewhere there is none."""
        source, _, position = id.partition(":")
        row = self.one("SELECT * FROM journal WHERE source = %s AND position = %s", source, int(position))
        if row is None or workspace_id not in (None, row["workspace_id"]):
            raise NotFound("entry_not_found", "there is no entry with this id")
        return row

    def cursor_after(self, row: Row) -> str:
        """With which ``entries`` goes on."""
        return sealed([row["time"].isoformat(), row["source"], str(row["position"])])

    def of_source(self, source: str, position: int, limit: int) -> list[Row]:
        """Beyond this position, in the order of the source's log."""
        return self.all("SELECT * FROM journal WHERE source = %s AND position > %s ORDER BY position LIMIT %s", source, position, limit)

    def heads(self, limit: int, cursor: str | None) -> Row:
        """Signed records, the first first."""
        page = self.page("SELECT number, record FROM journal_heads", limit=limit, cursor=cursor, order=("number",))
        return page | {"items": [row["record"] for row in page["items"]]}

    def heads_after(self, number: int, limit: int) -> list[Row]:
        rows = self.all("SELECT record FROM journal_heads WHERE number > %s ORDER BY number LIMIT %s", number, limit)
        return [row["record"] for row in rows]

    def last_head(self) -> Row:
        """Its trees, by source."""
        row = self.one("SELECT record FROM journal_heads WHERE kind = 'head' ORDER BY number DESC LIMIT 1")
        return dict(row["record"]["trees"]) if row else {}

    def signing_keys(self) -> list[Row]:
        rows = self.all("SELECT record FROM journal_heads WHERE kind = 'key' ORDER BY number")
        return [{"public_key": row["record"]["public_key"], "since": row["record"]["time"]} for row in rows]
