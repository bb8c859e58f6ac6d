import hashlib
import json
from collections.abc import Iterator
from uuid import UUID

from services.chassis.views import Row
from services.vault.application.configurations import KeepsConfigurations, record_of
from services.vault.configuration import clients, merging
from services.vault.configuration.tree import Tree, named


class ServesConfigurations(KeepsConfigurations):
    """What the clients of one person get: all that is enabled and theirs, in the order in which they merge it."""

    def served_configurations(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID], known: str | None = None) -> Row:
        """``stamp`` changes with anything of them. To whoever knows it already, nothing is opened and ``items`` is None."""
        rows = self.configurations.served(workspace_id, account_id, group_ids)
        stamp = _stamp(rows)
        items = None if stamp == known else [row | {"data": data} for row, data in self._opened_all(rows)]
        return {"stamp": stamp, "items": items}

    def effective_configuration(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID]) -> Row:
        """As clients hold it, where their own files say nothing else; each key with who gave it and over whom."""
        rows, layers = [], dict[str, Tree]()
        for row, data in self._opened_all(self.configurations.served(workspace_id, account_id, group_ids)):
            rows.append(row)
            layers[str(row["id"])] = clients.held(json.loads(data))
        return {
            "values": merging.whole(layers.values()),
            "keys": [
                {"key": named(each.path), "value": each.value, "vault_id": each.winner, "overridden": list(each.overridden)}
                for each in merging.settings(layers)
            ],
            "vaults": rows,
        }

    def _opened_all(self, rows: list[Row]) -> Iterator[tuple[Row, str]]:
        records = [record_of(row["id"], row["edition"], row["account_id"], row["workspace_id"]) for row in rows]
        for row, opened in zip(rows, self.sealing.open_all(records), strict=True):
            # Gone since the rows were read, if there is nothing.
            if opened is not None:
                yield row, json.loads(opened)["served"]


def _stamp(rows: list[Row]) -> str:
    return hashlib.sha256(" ".join(f"{row['id']}:{row['revision']}" for row in rows).encode()).hexdigest()
