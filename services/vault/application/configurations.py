import json
from dataclasses import asdict
from uuid import UUID

from services.chassis.domain import Aggregate, Personal
from services.chassis.views import Row
from services.vault.application.shared import Shared
from services.vault.configuration import clients, reading, rules, telling
from services.vault.configuration.tree import Tree
from services.vault.domain import Configuration
from services.vault.sealing import Envelope, Record
from services.vault.views.configurations import ConfigurationViews

# Of the names of keys that an event and a list tell; a longer text has more of them.
SUMMARY = 200


class KeepsConfigurations(Shared):
    """A person's own is named by the person, an administrator's by its id. ``revision``: that on which the caller decided, None: any."""

    configurations: ConfigurationViews

    def setup(self) -> None:
        super().setup()
        if self.db:
            self.configurations = ConfigurationViews(self.db)

    def get_configuration(self, workspace_id: UUID, account_id: UUID | None = None, configuration_id: UUID | None = None) -> Row:
        return self._shown(self._configuration(workspace_id, account_id, configuration_id))

    def list_configurations(self, workspace_id: UUID, limit: int, cursor: str | None) -> Row:
        """Administrators'; without their texts."""
        return self.configurations.of_groups(workspace_id, limit, cursor)

    def create_configuration(
        self, workspace_id: UUID, name: str, group_ids: list[UUID], format: str, content: str, enabled: bool = False
    ) -> Row:
        made = Configuration(workspace_id=workspace_id, account_id=None, name=Personal(workspace_id, name), group_ids=group_ids)
        self._keep(made, self._written(made, format, content), enabled)
        return self._shown(made)

    def change_configuration(
        self,
        workspace_id: UUID,
        revision: int | None,
        account_id: UUID | None = None,
        configuration_id: UUID | None = None,
        name: str | None = None,
        group_ids: list[UUID] | None = None,
        format: str | None = None,
        content: str | None = None,
        enabled: bool | None = None,
    ) -> Row:
        """What is not named stays. A person's own comes into being by this."""
        changed = self._configuration(workspace_id, account_id, configuration_id)
        changed.expect(revision)
        if name is not None:
            changed.rename(name)
        if group_ids is not None:
            changed.regroup(group_ids)
        envelope = None
        if content is not None or format is not None:
            text = self._text_of(changed)["content"] if content is None else content
            envelope = self._written(changed, format or changed.format, text)
        self._keep(changed, envelope, enabled)
        return self._shown(changed)

    def delete_configuration(self, workspace_id: UUID, configuration_id: UUID, revision: int | None) -> None:
        configuration = self._configuration(workspace_id, None, configuration_id)
        configuration.expect(revision)
        configuration.delete()
        self.save(configuration, destroyed=[configuration.id])

    def list_editions(
        self, workspace_id: UUID, limit: int, cursor: str | None, account_id: UUID | None = None, configuration_id: UUID | None = None
    ) -> Row:
        return self.configurations.editions(self._configuration(workspace_id, account_id, configuration_id).id, limit, cursor)

    def get_edition(self, workspace_id: UUID, edition: int, account_id: UUID | None = None, configuration_id: UUID | None = None) -> Row:
        opened = self._text_of(configuration := self._configuration(workspace_id, account_id, configuration_id), edition)
        return {"edition": edition, "name": configuration.name.value, "format": opened["format"], "content": opened["content"]}

    def compare_editions(
        self, workspace_id: UUID, older: int, newer: int, account_id: UUID | None = None, configuration_id: UUID | None = None
    ) -> Row:
        configuration = self._configuration(workspace_id, account_id, configuration_id)
        before, after = (json.loads(self._text_of(configuration, edition)["served"]) for edition in (older, newer))
        return {"older": older, "newer": newer, **telling.difference(before, after)}

    def roll_back(
        self, workspace_id: UUID, edition: int, revision: int | None, account_id: UUID | None = None, configuration_id: UUID | None = None
    ) -> Row:
        """An earlier text once more, as a new edition: judged by the rules of today."""
        configuration = self._configuration(workspace_id, account_id, configuration_id)
        configuration.expect(revision)
        former = self._text_of(configuration, edition)
        self._keep(configuration, self._written(configuration, former["format"], former["content"], restored=edition), None)
        return self._shown(configuration)

    def ended_with_account(self, account_id: UUID) -> list[Aggregate]:
        return [*super().ended_with_account(account_id), *self._ended(self.configurations.ids(account_id=account_id))]

    def ended_with_workspace(self, workspace_id: UUID) -> list[Aggregate]:
        return [*super().ended_with_workspace(workspace_id), *self._ended(self.configurations.ids(workspace_id=workspace_id))]

    def _configuration(self, workspace_id: UUID, account_id: UUID | None, configuration_id: UUID | None) -> Configuration:
        if account_id is not None:
            own = self.find(Configuration, Configuration.personal_id(workspace_id, account_id))
            return own or Configuration.personal(workspace_id, account_id)
        if configuration_id is None:
            raise ValueError("it is named by an account or by its id")
        found = self.load(Configuration, configuration_id)
        found.check_holder(workspace_id)
        return found

    def _written(self, configuration: Configuration, format: str, content: str, restored: int | None = None) -> Envelope | None:
        """Nothing, if it says that already."""
        tree = reading.read(format, content, self.settings.configuration_bytes)
        digest = self.keys.digest("configuration", content)
        if not configuration.save(format, len(content.encode()), digest, telling.keys(tree)[:SUMMARY], restored):
            return None
        sealed = {"format": format, "content": content, "served": clients.served(tree)}
        return self.sealing.seal(_record(configuration, configuration.edition), json.dumps(sealed).encode())

    def _keep(self, configuration: Configuration, envelope: Envelope | None, enabled: bool | None) -> None:
        if enabled is not None:
            configuration.switch(enabled)
        self.save(configuration, sealed=[envelope] if envelope else ())

    def _text_of(self, configuration: Configuration, edition: int | None = None) -> dict[str, str]:
        """The text as it was saved, and as clients are served it."""
        if edition is not None:
            configuration.check_edition(edition)
        elif not configuration.edition:
            return {"format": configuration.format, "content": "", "served": "{}"}
        opened: dict[str, str] = json.loads(self.sealing.open(_record(configuration, edition or configuration.edition)))
        return opened

    def _shown(self, configuration: Configuration) -> Row:
        opened = self._text_of(configuration)
        tree: Tree = json.loads(opened["served"])
        saved = not configuration.pending_events
        return {
            "id": configuration.id,
            "name": configuration.name.value,
            "group_ids": configuration.group_ids,
            "format": configuration.format,
            "content": opened["content"],
            "enabled": configuration.enabled,
            "edition": configuration.edition,
            "size": configuration.size,
            "keys": telling.keys(tree),
            "warnings": [asdict(warned) for warned in rules.warnings(tree)],
            "revision": configuration.version,
            "created_at": configuration.created_on if saved else None,
            "updated_at": configuration.modified_on if saved else None,
        }

    def _ended(self, ids: list[UUID]) -> list[Aggregate]:
        configurations = [self.load(Configuration, id) for id in ids]
        for configuration in configurations:
            configuration.delete()
        return [*configurations]


def _record(configuration: Configuration, edition: int) -> Record:
    return record_of(configuration.id, edition, configuration.account_id, configuration.workspace_id)


def record_of(id: UUID, edition: int, account_id: UUID | None, workspace_id: UUID) -> Record:
    return Record(kind="configuration", record_id=id, version=edition, owner_id=account_id, workspace_id=workspace_id)
