from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.chassis.rpc import rpc
from services.chassis.schemas import made
from services.vault.application import Vault
from services.vault.schemas import configurations as schemas

Payload = dict[str, Any]


class ConfigurationCalls:
    app: Vault
    clock: Callable[[], datetime]

    @rpc
    def get_configuration(self, payload: Payload) -> Payload:
        query = made(schemas.ReadConfiguration).load(payload)
        return made(schemas.ConfigurationAnswer).dump(self.app.read_configuration(**query, now=self.clock()))

    @rpc
    def list_configurations(self, payload: Payload) -> Payload:
        query = made(schemas.ListConfigurations).load(payload)
        return made(schemas.ConfigurationsAnswer).dump(self.app.list_configurations(**query))

    @rpc
    def create_configuration(self, payload: Payload) -> Payload:
        """Without the text: answers to what may be repeated by its key are kept, and texts are sealed in one place only."""
        command = made(schemas.CreateConfiguration).load(payload)
        return made(schemas.ConfigurationListed).dump(self.app.create_configuration(**command))

    @rpc
    def change_configuration(self, payload: Payload) -> Payload:
        command = made(schemas.ChangeConfiguration).load(payload)
        return made(schemas.ConfigurationAnswer).dump(self.app.edit_configuration(**command, now=self.clock()))

    @rpc
    def delete_configuration(self, payload: Payload) -> Payload:
        command = made(schemas.Revised).load(payload)
        self.app.delete_configuration(command["workspace_id"], command["configuration_id"], command["revision"])
        return {}

    @rpc
    def list_configuration_versions(self, payload: Payload) -> Payload:
        query = made(schemas.ListEditions).load(payload)
        return made(schemas.EditionsAnswer).dump(self.app.list_editions(**query))

    @rpc
    def get_configuration_version(self, payload: Payload) -> Payload:
        query = made(schemas.NameEdition).load(payload)
        return made(schemas.EditionAnswer).dump(self.app.read_edition(**query, now=self.clock()))

    @rpc
    def compare_configuration_versions(self, payload: Payload) -> Payload:
        query = made(schemas.CompareEditions).load(payload)
        return made(schemas.DifferenceAnswer).dump(self.app.read_difference(**query, now=self.clock()))

    @rpc
    def roll_back_configuration(self, payload: Payload) -> Payload:
        command = made(schemas.RollBack).load(payload)
        return made(schemas.ConfigurationListed).dump(self.app.roll_back(**command))

    @rpc
    def served_configurations(self, payload: Payload) -> Payload:
        query = made(schemas.OfMember).load(payload)
        return made(schemas.ServedAnswer).dump(self.app.served_configurations(**query))

    @rpc
    def note_served_configurations(self, payload: Payload) -> Payload:
        self.app.note_served(**made(schemas.NoteServed).load(payload), now=self.clock())
        return {}

    @rpc
    def effective_configuration(self, payload: Payload) -> Payload:
        query = made(schemas.Effective).load(payload)
        at, now = query.pop("at"), self.clock()
        if at is None:
            return made(schemas.EffectiveAnswer).dump(self.app.read_effective(**query, now=now))
        with self.app.past(query["workspace_id"], at, now):
            return made(schemas.EffectiveAnswer).dump(self.app.effective_keys(**query))
