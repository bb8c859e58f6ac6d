"""Every use case of this service, one module for each thing they are about."""

from services.vault.application.cloud_checks import CloudChecks
from services.vault.application.erasure import Erasure
from services.vault.application.readings import ReadsConfigurations
from services.vault.application.secret_links import SecretLinks
from services.vault.application.storage_access import KeepsStorageAccess


class Vault(CloudChecks, SecretLinks, KeepsStorageAccess, ReadsConfigurations, Erasure):
    name = "vault"


__all__ = ["Vault"]
