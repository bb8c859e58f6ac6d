"""Every public event, kept until its month is sealed."""

from collections.abc import Iterable

from psycopg import Connection
from psycopg.rows import DictRow

from services.audit.notary import Notary, chains, tiles, trees
from services.audit.seals import Seals
from services.audit.views import journal, leaves
from services.audit.words import words_of
from services.chassis.projections import Projection
from services.chassis.public import PublicEvent
from services.chassis.views import Row, Rows

# Rows sent off at once: the database writes them while the next are hashed.
_AT_ONCE = 50


class Journal(Projection):
    name, version = "journal", 4
    tables = (journal, leaves, trees, chains, tiles)
    sources = ("identity", "workspaces", "authz", "vault", "billing", "experiments", "audit")

    def apply_all(self, events: Iterable[PublicEvent], rows: Rows, connection: Connection[DictRow]) -> None:
        entries = [_entry(event) for event in events]
        notary, seals = Notary(connection, entries), Seals.read(connection)
        for number, entry in enumerate(entries, start=1):
            placed = notary.place(entry, rows)
            if seals.cover(entry):
                rows.add(leaves, source=entry["source"], position=entry["position"], hash=placed["hash"])
            else:
                rows.add(journal, **entry, words=" ".join(words_of(entry)), **placed)
            if number % _AT_ONCE == 0:
                rows.flush()
        notary.keep(rows)


def _entry(event: PublicEvent) -> Row:
    return {
        "source": event.source,
        "position": event.position,
        "id": event.id,
        "time": event.time,
        "type": event.type,
        "version": event.version,
        "subject": event.subject,
        "workspace_id": event.workspace_id or None,
        # Whom it is about, where that is not the subject: the one who was removed, not only the workspace.
        "account_id": event.data.get("account_id"),
        "actor": event.actor_id or None,
        "on_behalf_of": event.on_behalf_of or None,
        "credential_id": event.credential_id or None,
        "operator": bool(event.operator),
        "ip": event.ip or None,
        "user_agent": event.user_agent or None,
        "correlation_id": event.correlation_id or None,
        "causation_id": event.causation_id or None,
        "claimed_request_id": event.claimed_request_id or None,
        "claimed_actor": event.claimed_actor or None,
        "changes": event.data,
    }
