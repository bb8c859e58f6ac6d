from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.chassis.rpc import rpc
from services.chassis.schemas import made
from services.vault import permissions
from services.vault.application import Vault
from services.vault.schemas import cloud_credentials as schemas

Payload = dict[str, Any]


class CloudCredentialCalls:
    app: Vault
    clock: Callable[[], datetime]

    @rpc
    def add_cloud_credential(self, payload: Payload) -> Payload:
        command = made(schemas.AddCloudCredential).load(payload)
        return made(schemas.CloudCredentialAnswer).dump(self.app.add_cloud_credential(**command))

    @rpc
    def change_cloud_credential(self, payload: Payload) -> Payload:
        command = made(schemas.ChangeCloudCredential).load(payload)
        return made(schemas.CloudCredentialAnswer).dump(self.app.change_cloud_credential(**command))

    @rpc
    def delete_cloud_credential(self, payload: Payload) -> Payload:
        self.app.delete_cloud_credential(**made(schemas.NameCloudCredential).load(payload))
        return {}

    @rpc
    def get_cloud_credential(self, payload: Payload) -> Payload:
        query = made(schemas.NameCloudCredential).load(payload)
        return made(schemas.CloudCredentialAnswer).dump(self.app.get_cloud_credential(**query))

    @rpc
    def list_cloud_credentials(self, payload: Payload) -> Payload:
        query = made(schemas.ListCloudCredentials).load(payload)
        return made(schemas.CloudCredentialsAnswer).dump(self.app.list_cloud_credentials(**query))

    @rpc
    def use_cloud_credential(self, payload: Payload) -> Payload:
        command = made(schemas.UseCloudCredential).load(payload)
        return made(schemas.GivenAnswer).dump(self.app.use_cloud_credential(**command))

    @rpc
    def check_cloud_credential(self, payload: Payload) -> Payload:
        command = made(schemas.CheckCloudCredential).load(payload)
        return made(schemas.CheckAnswer).dump(self.app.check_cloud_credential(**command, now=self.clock()))

    @rpc
    def needed_permissions(self, payload: Payload) -> Payload:
        provider = made(schemas.NeededPermissions).load(payload)["provider"]
        return {"provider": provider, "permissions": permissions.needed(provider)}

    @rpc
    def make_secret_link(self, payload: Payload) -> Payload:
        command = made(schemas.MakeSecretLink).load(payload)
        return made(schemas.SecretLinkAnswer).dump(self.app.make_secret_link(**command, now=self.clock()))

    @rpc
    def open_secret_link(self, payload: Payload) -> Payload:
        command = made(schemas.OpenSecretLink).load(payload)
        return made(schemas.GivenAnswer).dump(self.app.open_secret_link(**command, now=self.clock()))
