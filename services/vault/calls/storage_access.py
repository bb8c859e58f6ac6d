from typing import Any

from services.chassis.rpc import rpc
from services.chassis.schemas import made
from services.vault.application import Vault
from services.vault.schemas import storage_access as schemas

Payload = dict[str, Any]


class StorageAccessCalls:
    app: Vault

    @rpc
    def add_storage_access(self, payload: Payload) -> Payload:
        command = made(schemas.AddStorageAccess).load(payload)
        return made(schemas.StorageAccessAnswer).dump(self.app.add_storage_access(**command))

    @rpc
    def change_storage_access(self, payload: Payload) -> Payload:
        command = made(schemas.ChangeStorageAccess).load(payload)
        return made(schemas.StorageAccessAnswer).dump(self.app.change_storage_access(**command))

    @rpc
    def delete_storage_access(self, payload: Payload) -> Payload:
        self.app.delete_storage_access(**made(schemas.NameStorageAccess).load(payload))
        return {}

    @rpc
    def list_storage_access(self, payload: Payload) -> Payload:
        query = made(schemas.ListStorageAccess).load(payload)
        return made(schemas.StorageAccessesAnswer).dump(self.app.list_storage_access(**query))

    @rpc
    def use_storage_access(self, payload: Payload) -> Payload:
        command = made(schemas.NameStorageAccess).load(payload)
        return made(schemas.GivenAccess).dump(self.app.use_storage_access(**command))
