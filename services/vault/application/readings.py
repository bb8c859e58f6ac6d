from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.chassis import context
from services.chassis.views import Row
from services.vault.application.served_configurations import ServesConfigurations
from services.vault.domain import Configuration, Reading


class ReadsConfigurations(ServesConfigurations):
    """What configurations say, given out. Who gets it is on record before anybody has it."""

    def read_configuration(
        self, workspace_id: UUID, use: str, now: datetime, account_id: UUID | None = None, configuration_id: UUID | None = None
    ) -> Row:
        found = self.get_configuration(workspace_id, account_id, configuration_id)
        self._note(workspace_id, account_id, use, [_text(found["id"], found["edition"])], now)
        return found

    def edit_configuration(self, workspace_id: UUID, revision: int | None, now: datetime, **change: Any) -> Row:
        """Whoever changes something else is given the text with the answer."""
        changed = self.change_configuration(workspace_id, revision, **change)
        if "content" not in change:
            self._note(workspace_id, change.get("account_id"), "editor", [_text(changed["id"], changed["edition"])], now)
        return changed

    def read_edition(
        self, workspace_id: UUID, edition: int, now: datetime, account_id: UUID | None = None, configuration_id: UUID | None = None
    ) -> Row:
        found = self.get_edition(workspace_id, edition, account_id, configuration_id)
        self._note(workspace_id, account_id, "version", [_text(_id(workspace_id, account_id, configuration_id), edition)], now)
        return found

    def read_difference(
        self,
        workspace_id: UUID,
        older: int,
        newer: int,
        now: datetime,
        account_id: UUID | None = None,
        configuration_id: UUID | None = None,
    ) -> Row:
        found = self.compare_editions(workspace_id, older, newer, account_id, configuration_id)
        id = _id(workspace_id, account_id, configuration_id)
        self._note(workspace_id, account_id, "diff", [_text(id, edition) for edition in (older, newer)], now)
        return found

    def read_effective(self, workspace_id: UUID, account_id: UUID, group_ids: list[UUID], now: datetime) -> Row:
        """On record each time, if it is about somebody else."""
        found = self.effective_configuration(workspace_id, account_id, group_ids)
        texts = [_text(row["id"], row["edition"]) for row in found["vaults"]]
        if context.current().actor_id == str(account_id):
            self._note(workspace_id, account_id, "effective", texts, now)
        else:
            self.save(Reading(id=uuid4(), workspace_id=workspace_id, account_id=account_id, use="effective", texts=texts))
        return found

    def note_served(self, workspace_id: UUID, account_id: UUID, texts: list[Row], now: datetime) -> None:
        """What a client is about to be given by whoever keeps it ready."""
        self._note(workspace_id, account_id, "client", [_text(**text) for text in texts], now)

    def _note(self, workspace_id: UUID, account_id: UUID | None, use: str, texts: list[Row], now: datetime) -> None:
        """Once in a while for the same texts, use, credential and address."""
        if not (saved := [text for text in texts if text["version"]]):
            return
        call, while_ = context.current(), now.timestamp() // max(1, 60 * self.settings.reading_minutes)
        reading_id = Reading.id_of(workspace_id, str((call.actor_id, call.credential_id, call.ip, use, account_id, saved, while_)))
        if self.find(Reading, reading_id) is None:
            self.save(Reading(id=reading_id, workspace_id=workspace_id, account_id=account_id, use=use, texts=saved))


def _id(workspace_id: UUID, account_id: UUID | None, configuration_id: UUID | None) -> UUID | None:
    return configuration_id if account_id is None else Configuration.personal_id(workspace_id, account_id)


def _text(configuration_id: UUID | None, version: int) -> Row:
    return {"configuration_id": str(configuration_id), "version": version}
