"""Every public event, kept for ever."""

from collections.abc import Iterable

from psycopg import Connection
from psycopg.rows import DictRow

from services.audit.notary import Notary, chains, tiles, trees
from services.audit.views import journal
from services.chassis.projections import Projection
from services.chassis.public import PublicEvent
from services.chassis.views import Row, Rows


class Journal(Projection):
    name, version = "journal", 4
    tables = (journal, trees, chains, tiles)
    sources = ("identity", "workspaces", "authz", "vault", "billing", "audit")

    def apply_all(self, events: Iterable[PublicEvent], rows: Rows, connection: Connection[DictRow]) -> None:
        entries = [_entry(event) for event in events]
        notary = Notary(connection, entries)
        for entry in entries:
            rows.put(journal, **entry, **notary.place(entry, rows))
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
        "ip": event.ip or None,
        "user_agent": event.user_agent or None,
        "correlation_id": event.correlation_id or None,
        "causation_id": event.causation_id or None,
        "changes": event.data,
    }
