from typing import Any
from uuid import UUID

from services.chassis.history import Streams
from services.chassis.projections import Projection, on
from services.chassis.views import Rows
from services.vault.domain import Configuration
from services.vault.views.configurations import configurations, editions


class Configurations(Projection):
    name, tables = "configurations", (configurations, editions)

    @on(Configuration.Created)
    def created(self, event: Configuration.Created, rows: Rows) -> None:
        rows.put(
            configurations,
            id=event.originator_id,
            workspace_id=event.workspace_id,
            account_id=event.account_id,
            name=event.name.value,
            group_ids=_texts(event.group_ids),
            enabled=False,
            format="hocon",
            edition=0,
            size=0,
            keys=[],
            revision=event.originator_version,
            created_at=event.timestamp,
            updated_at=event.timestamp,
        )

    @on(Configuration.Saved)
    def saved(self, event: Configuration.Saved, rows: Rows) -> None:
        self._change(event, rows, format=event.format, edition=event.edition, size=event.size, keys=event.keys.value)
        rows.put(
            editions,
            configuration_id=event.originator_id,
            edition=event.edition,
            format=event.format,
            size=event.size,
            keys=event.keys.value,
            restored=event.restored,
            saved_by=event.metadata.get("actor_id"),
            saved_at=event.timestamp,
        )

    @on(Configuration.Enabled)
    def enabled(self, event: Configuration.Enabled, rows: Rows) -> None:
        self._change(event, rows, enabled=True)

    @on(Configuration.Disabled)
    def disabled(self, event: Configuration.Disabled, rows: Rows) -> None:
        self._change(event, rows, enabled=False)

    @on(Configuration.Renamed)
    def renamed(self, event: Configuration.Renamed, rows: Rows) -> None:
        self._change(event, rows, name=event.name.value)

    @on(Configuration.Regrouped)
    def regrouped(self, event: Configuration.Regrouped, rows: Rows) -> None:
        self._change(event, rows, group_ids=_texts(event.group_ids))

    @on(Configuration.Deleted)
    def deleted(self, event: Configuration.Deleted, rows: Rows) -> None:
        rows.remove(configurations, id=event.originator_id)
        rows.remove_where(editions, configuration_id=event.originator_id)

    def _change(self, event: Configuration.Event, rows: Rows, **values: Any) -> None:
        rows.change(configurations, {"id": event.originator_id}, **values, revision=event.originator_version, updated_at=event.timestamp)


class ConfigurationStreams(Streams):
    @on(Configuration.Created)
    def made(self, event: Configuration.Created, rows: Rows) -> None:
        self.note(event.workspace_id, event, rows)


def _texts(ids: list[UUID]) -> list[str]:
    return [str(id) for id in ids]
