from typing import Any
from uuid import UUID

from services.identity.application.shared import Shared
from services.identity.domain.client_preferences import ClientPreferences


class KeepsClientPreferences(Shared):
    def client_preferences(self, account_id: UUID) -> dict[str, Any]:
        kept = self.find(ClientPreferences, ClientPreferences.create_id(account_id))
        return kept.document if kept else {}

    def change_client_preferences(self, account_id: UUID, changes: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
        """Whether something changed, and how all of them are now."""
        self._account(account_id)
        kept = self.find(ClientPreferences, ClientPreferences.create_id(account_id))
        kept = kept or ClientPreferences(account_id=account_id)
        changed = kept.change(changes)
        if changed:
            self.save(kept)
        return changed, kept.document
