import json
from collections.abc import Iterator
from uuid import UUID

from services.chassis.views import Row
from services.vault.application.configurations import KeepsConfigurations, record_of
from services.vault.configuration import clients, merging, telling
from services.vault.configuration.tree import Tree, named


class ServesConfigurations(KeepsConfigurations):
    """What the clients of one person get: all that is enabled and theirs, in the order in which they merge it."""

    def served_configurations(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID]) -> Row:
        return {"items": [row | {"data": data} for row, data in self._served(workspace_id, account_id, group_ids)]}

    def effective_configuration(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID]) -> Row:
        """As clients hold it, where their own files say nothing else; each key with who gave it and over whom."""
        rows, layers = [], dict[str, Tree]()
        for row, data in self._served(workspace_id, account_id, group_ids):
            rows.append(row)
            layers[str(row["id"])] = clients.held(json.loads(data))
        return {
            "values": merging.whole(layers.values()),
            "keys": [_told(each) | {"value": each.value} for each in merging.settings(layers)],
            "vaults": rows,
        }

    def effective_keys(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID]) -> Row:
        """In the past that the call is in: names, no values. Of a text that was destroyed since, those that its event told."""
        rows, layers = [], dict[str, Tree]()
        for row, text in self._texts(workspace_id, account_id, group_ids):
            rows.append(row)
            layers[str(row["id"])] = telling.tree(row["keys"] or ()) if text is None else clients.held(json.loads(text))
        return {"values": {}, "keys": [_told(each) for each in merging.settings(layers)], "vaults": rows}

    def _served(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID]) -> Iterator[tuple[Row, str]]:
        # Gone since the rows were read, if there is nothing.
        return ((row, text) for row, text in self._texts(workspace_id, account_id, group_ids) if text is not None)

    def _texts(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID]) -> Iterator[tuple[Row, str | None]]:
        rows = self.configurations.served(workspace_id, account_id, group_ids)
        records = [record_of(row["id"], row["edition"], row["account_id"], workspace_id) for row in rows]
        for row, opened in zip(rows, self.sealing.open_all(records), strict=True):
            yield row, None if opened is None else json.loads(opened)["served"]


def _told(setting: merging.Setting) -> Row:
    return {"key": named(setting.path), "vault_id": setting.winner, "overridden": list(setting.overridden)}
