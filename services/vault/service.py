"""The entrypoints of this service."""

from services.chassis.rpc import Clock, EventSourced
from services.chassis.service import Service
from services.chassis.spec import ServiceSpec
from services.vault.application import Vault
from services.vault.calls.cloud_credentials import CloudCredentialCalls
from services.vault.calls.configurations import ConfigurationCalls
from services.vault.calls.storage_access import StorageAccessCalls
from services.vault.reactions import Endings
from services.vault.sealing import master_keys, sealed


class VaultService(CloudCredentialCalls, StorageAccessCalls, ConfigurationCalls, Service):
    name = "vault"

    app = EventSourced(Vault)
    clock = Clock()


SPEC = ServiceSpec(service=VaultService, application=Vault, reactions=(Endings,), side=(sealed, master_keys))
